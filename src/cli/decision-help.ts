import type { DecisionType } from '../core/decision.ts';

const COMMON = `
Works while the daemon is down: a running one sees it within a second. Kept in the timeline with user and host, and why.
With --ca, --cause, --rule: the count is shown first, and it needs --yes or a yes at the terminal.
Exit: 0 done, 1 not done or Redis does not answer, 2 wrong call, 78 bad configuration.`;

const SETTLE = `
A restart of ours that may have happened (ambiguous, its answer lost, its new run not found) is left out of bulk decisions and
is not sent again just so: say which run is the new one with "release <id> --successor ID", or "--successor none"; or look in
Command and restart it once more with --send-again, by its own id, after its evidence was shown.
What is held because a certificate exists or may exist goes only by its id or by --cause, not with all of a CA or a rule.`;

/** What `--help` of each decision teaches. */
export const DECISION_HELP: Readonly<Record<DecisionType, string>> = {
  retry: `
Examples:
  remediator retry 812 --reason "template fixed"
  remediator retry --cause exhausted:… --reason "CA renewed" --yes
  remediator retry 812 --send-again --reason "checked: no new run in Command"

It goes at once, as the next canary where its CA is not proved well. What it was held for is waived this once; what else still
stops it: a dependency that tests as down, a certificate already issued, a later run of the same request.
${SETTLE}${COMMON}`,
  hold: `
Examples:
  remediator hold 812 --reason "owner asked to wait"
  remediator hold --ca 'ca01.example.com\\Issuing CA 1' --reason "migration tonight" --yes

Only what waits is held. To stop everything at once: "remediator pause".
${COMMON}`,
  release: `
Examples:
  remediator release 812 --reason "looked at the CA: nothing was issued"
  remediator release --cause held:… --reason "permission granted" --yes
  remediator release 812 --successor 2f0a6d1e-5b1c-4b7e-9c55-0d6f3b7a9e10 --reason "same CSR"
  remediator release 812 --successor none --reason "Command lost it"

Only the reason it was held for is waived; everything else still applies.
--successor ID: that run is followed from now on (confidence unique, evidence person). --successor none: what has left
Failed ends as obsolete; what is still Failed stays held, and is sent again only with --send-again.
${SETTLE}${COMMON}`,
  ignore: `
Examples:
  remediator ignore 812 --reason "requester withdrew it"
  remediator ignore --rule "shipped: other step, one attempt" --reason "known, not ours" --yes

It ends with outcome ignored, and an alert about it resolves. "retry" reopens it. Where it is not known which run is the
new one of its restart, runs that may be it are held if they fail, and are not restarted as requests of their own.
${COMMON}`,
};
