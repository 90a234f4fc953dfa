export const STATE_HELP = `
Redis holds everything that the remediator knows. A backup of it is one file:
  remediator state export --out state.jsonl       every night, beside a running daemon
  remediator state import state.jsonl --yes       after Redis was lost or set back, before or after the daemon starts
What was sent is not sent again: the ids of sent restarts come back with the records.`;

export const EXPORT_HELP = `
Examples:
  remediator state export --out state.jsonl
  remediator state export | gzip > state.jsonl.gz

One JSON object a line: a header (layout, server, time), notes (fate of old rows, pause, brake), then each restart that was or
may have been sent and each remediation with its lineage and timeline, then an end line with the counts.
Nothing secret is in it: inputs are keyed hashes. They can be compared after an import only by a store with the same key, so set
security.fingerprintKey. Titles and messages of Command are in it: keep the file as you keep the log.
--out writes the file in one step, readable by its owner only. Changes nothing; works while the daemon runs or is down.
Exit: 0 done, 1 Redis does not answer or the file cannot be written, 2 wrong call, 78 bad configuration.`;

export const IMPORT_HELP = `
Examples:
  remediator state import state.jsonl          shows what it is and asks
  remediator state import state.jsonl --yes    without asking

For an empty store, or one that was set back by a restored backup. What the store knows better is kept; a failure that a daemon
has admitted anew since the loss is taken into its old lineage. Ends, holds and attempts come back. A restart that was sent is
never sent again; one whose new run was not found yet is searched on. What was waiting is proved first ("imported: to be proved"),
as everything is that failed while nobody watched. Safe to repeat.
The file is checked whole before anything is written. It must come from the same Command (see --server-renamed).
With --json: {brought, kept, sent, isSameKey}.
Exit: 0 done, 1 Redis does not answer or the file does not fit, 2 wrong call, 78 bad configuration.`;

export const ADOPT_SERVER_HELP = `
Examples:
  remediator state adopt-server          shows the old and the new address and asks
  remediator state adopt-server --yes

The store records the address of Command when it is first used, and a daemon with another address sends nothing: ids and restarts
of one Command mean nothing to another. Where the same Command got a new name, this says so. For another Command, give it a
redis.prefix of its own instead.
With --json: {before, after, isChanged}.
Exit: 0 done (also if nothing is to be done), 1 not done, 2 wrong call, 78 bad configuration.`;
