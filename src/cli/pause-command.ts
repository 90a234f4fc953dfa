import { Command, InvalidArgumentError } from 'commander';
import { DURATION_FORMS, parseDuration } from '../config/duration.ts';
import { displayJson, displayText } from '../core/display-text.ts';
import { REASON_LIMIT } from '../core/decision.ts';
import { isoOrNull } from '../core/views.ts';
import type { Pause } from '../ports/ledger.ts';
import { processTerminal } from './terminal.ts';
import { whoDecides } from './who.ts';
import { withStore } from './with-store.ts';
import type { StoreFlags } from './with-store.ts';

interface PauseFlags extends StoreFlags {
  readonly reason: string;
  readonly for?: number;
}

const PAUSE_HELP = `
Examples:
  remediator pause --reason "CA migration"               until somebody says "remediator resume"
  remediator pause --reason "patch night" --for 4h

The kill switch: after one second no replica sends a restart. Everything else goes on: failures are found, restarts under
way are followed to their end. Of two pauses the one that lasts longer stands. Works while the daemon is down.
Exit: 0 done, 1 Redis does not answer, 2 wrong call, 78 bad configuration.`;

const RESUME_HELP = `
Example:
  remediator resume

Ends a pause, and the brake (which stops everything when one id was restarted twice or one new run was claimed twice).
Exit: 0 done, 1 Redis does not answer, 2 wrong call, 78 bad configuration.`;

/** `remediator pause`. */
export function pauseCommand(terminal = processTerminal()): Command {
  return new Command('pause')
    .description('the kill switch: no new restart by any replica after one second')
    .requiredOption('--reason <text>', 'why; status and alerts show it with your name', toReason)
    .option('--for <duration>', 'ends by itself after that time', toDuration)
    .option('--config <file>', 'YAML file (default: the one that REMEDIATOR_CONFIG names, else none)')
    .option('--json', 'the pause as one JSON value')
    .addHelpText('after', PAUSE_HELP)
    .action(async (flags: PauseFlags) =>
      withStore(flags, terminal, async ({ opened }) => {
        const { reason } = flags;
        await opened.attach();
        const since = opened.kv.now();
        const until = flags.for === undefined ? null : since + flags.for;
        const by = whoDecides(terminal.env);
        const mine = { reason, by, since, until };
        const paused = await opened.ledger.pause(mine);
        if (flags.json) {
          const shown = { ...paused, since: isoOrNull(paused.since), until: isoOrNull(paused.until) };
          terminal.writeOut(`${displayJson({ paused: shown })}\n`);
        } else terminal.writeError(`${displayText(`${paused === mine ? '' : OTHER}${pauseText(paused)}`)}\n`);
      }),
    );
}

const OTHER = 'a pause that lasts as long stands already and stays ("remediator resume" ends it): ';

function pauseText({ by, reason, until }: Pause): string {
  return `paused by ${by} until ${isoOrNull(until) ?? '"remediator resume"'}: ${reason}`;
}

/** `remediator resume`. */
export function resumeCommand(terminal = processTerminal()): Command {
  return new Command('resume')
    .description('end a pause and the brake')
    .option('--config <file>', 'YAML file (default: the one that REMEDIATOR_CONFIG names, else none)')
    .option('--json', '{"paused": null} when it is done')
    .addHelpText('after', RESUME_HELP)
    .action(async (flags: StoreFlags) =>
      withStore(flags, terminal, async ({ opened }) => {
        const [paused, brake] = await Promise.all([opened.ledger.paused(), opened.ledger.braked()]);
        await opened.attach();
        const woken = await opened.resume(whoDecides(terminal.env));
        if (flags.json) terminal.writeOut(`${displayJson({ paused: null })}\n`);
        const was = [paused && `pause by ${paused.by}: ${paused.reason}`, brake && `brake: ${brake}`].filter(Boolean);
        terminal.writeError(
          `${displayText(was.length === 0 ? 'nothing was paused' : `resumed (${was.join('; ')}), ${woken} waited for it`)}\n`,
        );
      }),
    );
}

/** Reads `--reason`, for commander. */
export function toReason(text: string): string {
  const reason = text.trim().slice(0, REASON_LIMIT);
  if (reason === '') throw new InvalidArgumentError('it is empty');
  return reason;
}

function toDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError(`allowed: a duration ${DURATION_FORMS}`);
  return ms;
}
