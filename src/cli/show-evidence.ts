import { displayText } from '../core/display-text.ts';
import type { DecisionFlags } from './decision-command.ts';
import { unknownId } from './explain-command.ts';
import type { StoreContext } from './with-store.ts';

/** Shows what is known about a restart that may have happened, before the id is sent again. False: not agreed. */
export async function showEvidence(id: string, flags: DecisionFlags, context: StoreContext): Promise<boolean> {
  const { reader, terminal } = context;
  const view = await reader.explain(id);
  if (view === null) throw unknownId(id);
  const { restart } = view;
  const lines = [
    `${view.title ?? view.rootInstanceId}: ${view.reason}`,
    ...(restart === null
      ? ['the journal knows no restart of it']
      : [
          `restart of ${restart.oldInstanceId} at ${restart.openedAt}: ${restart.state} (${restart.why})`,
          `the old instance is ${restart.oldRowStatus ?? 'not seen'} now`,
          `candidates for its new run: ${restart.candidates.length === 0 ? 'none' : restart.candidates.join(', ')}`,
        ]),
  ];
  terminal.writeError(lines.map((line) => `${displayText(line)}\n`).join(''));
  return flags.yes === true || (await terminal.confirm('Restart it once more?')) !== false;
}
