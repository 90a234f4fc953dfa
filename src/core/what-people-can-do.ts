import type { Intent } from './intent.ts';
import type { Phase, Remediation } from './remediation.ts';
import { hasTakenEffect } from './ruled.ts';
import { isUnsettled } from './unsettled.ts';

export interface PersonsOption {
  readonly command: string;
  readonly does: string;
}

type Options = (remediation: Remediation, intent: Intent | null) => readonly PersonsOption[];

const OPTIONS: Readonly<Record<Phase, Options>> = {
  waiting: waitingOptions,
  restarting: () => [],
  resolving: resolvingOptions,
  verifying: (remediation) => [ignoreLine(remediation)],
  held: heldOptions,
  'handed-over': (remediation) => [ignoreLine(remediation)],
  ended: endedOptions,
};

/**
 * What a person can do about a remediation in its present state, as full command lines. `intent`: the journal's word on its
 * latest restart.
 */
export function optionsFor(remediation: Remediation, intent: Intent | null = null): readonly PersonsOption[] {
  return OPTIONS[remediation.phase](remediation, intent);
}

function waitingOptions(remediation: Remediation): readonly PersonsOption[] {
  const line = commandLines(remediation.rootInstanceId);
  return [
    line('retry', 'goes as the next one, with one more attempt; a dependency that tests as down still stops it'),
    line('hold', 'nothing is sent until somebody releases it'),
    line('ignore', 'ends it: out of scope'),
    ...toStops(remediation),
  ];
}

/** What Command took is neither sent again nor settled without its new run while that one is looked for. */
function resolvingOptions(remediation: Remediation): readonly PersonsOption[] {
  if (!isUnsettled(remediation)) return [ignoreLine(remediation)];
  if (!hasTakenEffect(remediation)) return settleOptions(remediation);
  return settleOptions(remediation).filter(({ command }) => !/ --send-again | --successor none /.test(command));
}

function ignoreLine({ rootInstanceId }: Remediation): PersonsOption {
  return commandLines(rootInstanceId)('ignore', 'ends it: out of scope, not followed any more');
}

function heldOptions(remediation: Remediation, intent: Intent | null): readonly PersonsOption[] {
  const line = commandLines(remediation.rootInstanceId);
  if (isUnsettled(remediation, intent)) return settleOptions(remediation);
  const isHistory = remediation.holdCause === 'history';
  return [
    ...(isHistory ? [ADOPT] : []),
    ...(remediation.holdCause === 'not recognised' ? [SETTLE_OTHERS] : []),
    line('release', `back to work; "${remediation.holdCause ?? 'held'}" is waived this once`),
    ...(isHistory ? [] : [line('retry', 'the same, with one more attempt')]),
    line('ignore', 'ends it: out of scope'),
  ];
}

const SETTLE_OTHERS: PersonsOption = {
  command: 'remediator list --phase held',
  does: 'shows the restarts of this definition without a new run; once "release --successor" has named theirs, this one goes on by itself',
};

const ADOPT: PersonsOption = {
  command: 'remediator adopt --since 7d',
  does: 'takes all parked history of the last 7 days into work',
};

function endedOptions(remediation: Remediation, intent: Intent | null): readonly PersonsOption[] {
  const line = commandLines(remediation.rootInstanceId);
  if (remediation.outcome === 'recovered') return [];
  if (isUnsettled(remediation, intent)) {
    // What has left Failed is not sent again.
    const refused = remediation.outcome === 'obsolete' ? / ignore | --send-again | --successor none / : / ignore /;
    return settleOptions(remediation).filter(({ command }) => !refused.test(command));
  }
  const retry = line('retry', 'works on it again, with one more attempt');
  const isTold = remediation.outcome === 'exhausted' || remediation.outcome === 'refused';
  return isTold ? [retry, line('ignore', 'says that nothing is to be done: its alert resolves')] : [retry];
}

function settleOptions(remediation: Remediation): readonly PersonsOption[] {
  const root = remediation.rootInstanceId;
  const line = commandLines(root);
  const candidates = remediation.lineage.at(-1)?.candidates ?? [];
  const ids = candidates.length > 0 ? candidates : ['NEW-INSTANCE-ID'];
  return [
    ...ids.map((id) =>
      line(`release --successor ${id}`, 'says which instance is the new run; it is followed from now on'),
    ),
    line('release --successor none', 'says that the restart made no new run; nothing is sent'),
    line('retry --send-again', 'restarts it again although the restart may have happened: look in Command first'),
    line('ignore', 'ends it: out of scope'),
  ];
}

function toStops({ wait }: Remediation): readonly PersonsOption[] {
  if (wait !== 'pause' && wait !== 'brake') return [];
  return [{ command: 'remediator resume', does: 'ends the pause and the brake' }];
}

function commandLines(root: string): (words: string, does: string) => PersonsOption {
  return (words, does) => {
    const [verb = '', ...flags] = words.split(' ');
    return { command: ['remediator', verb, root, ...flags, '--reason "…"'].join(' '), does };
  };
}
