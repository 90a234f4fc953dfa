import { alertKey } from '../core/alert-key.ts';
import { deliveryDelayMs } from '../core/alert-state.ts';
import type { Time } from '../core/instance.ts';
import type { AlertMessage, Notifier } from '../ports/alerts.ts';
import type { Emit } from '../telemetry/events.ts';

/** Alerts about Redis: nothing durable is there to hold them, so the process sends them itself (DESIGN.md 7). */
export interface RedisAlert {
  /** Redis does not answer. May be said again and again; one alert an outage, after `groupWait`. */
  away(why: string): void;
  /** Redis answers. */
  back(): void;
  /** Gives up what is on its way. */
  stop(): Promise<void>;
}

export interface RedisAlertOptions {
  readonly notifiers: readonly Notifier[];
  /** In ms. */
  readonly groupWait: number;
  readonly emit: Emit;
  readonly now: () => Time;
  /** Host and port, for people. */
  readonly label: string;
  /** Default: `deliveryDelayMs`. */
  readonly delayMs?: (tries: number, ageMs: number) => number;
}

const KEY = alertKey('redis');

/** Watches nothing by itself: whoever sees Redis go and come says so. */
export function createRedisAlert(options: RedisAlertOptions): RedisAlert {
  const stopping = new AbortController();
  const send = createSender(options, stopping.signal);
  let outage: { readonly since: Time; readonly timer: NodeJS.Timeout; isTold: boolean } | null = null;
  const tell = (why: string): void => {
    if (outage === null) return;
    outage.isTold = true;
    const summary = `Redis at ${options.label} does not answer (${why}), so nothing is restarted until it does; nothing on record is lost. Check the server and redis.url, then: remediator doctor`;
    options.emit('alert.raised', { key: KEY, summary, count: 1 });
    send({ ...messageOf('firing', outage.since, options.now()), count: 1, summary });
  };
  return {
    away: (why) => {
      if (outage !== null || stopping.signal.aborted) return;
      const timer = setTimeout(() => tell(why), options.groupWait);
      outage = { since: options.now(), timer, isTold: false };
    },
    back: () => {
      if (outage === null) return;
      const { since, timer, isTold } = outage;
      clearTimeout(timer);
      outage = null;
      if (!isTold) return;
      options.emit('alert.resolved', { key: KEY });
      send(messageOf('resolved', since, options.now()));
    },
    stop: async () => {
      stopping.abort();
      if (outage !== null) clearTimeout(outage.timer);
      await send.idle();
    },
  };
}

function messageOf(status: AlertMessage['status'], since: Time, now: Time): AlertMessage {
  return {
    version: 1,
    key: KEY,
    status,
    severity: 'critical',
    cause: 'redis',
    summary: 'Resolved: Redis answers again',
    count: 0,
    instances: [],
    firstAt: new Date(since).toISOString(),
    lastAt: new Date(now).toISOString(),
    links: {},
  };
}

interface Sender {
  (message: AlertMessage): void;
  idle(): Promise<void>;
}

/** One line of messages a channel: each is sent until it is accepted, then the next. */
function createSender(
  { notifiers, emit, delayMs = deliveryDelayMs }: RedisAlertOptions,
  stopping: AbortSignal,
): Sender {
  const lines = new Map<Notifier, Promise<void>>();
  const deliver = async (notifier: Notifier, message: AlertMessage): Promise<void> => {
    const begun = performance.now();
    for (let tries = 1; !stopping.aborted; tries++) {
      const isAccepted = await accepts(notifier, message, stopping);
      emit('alert.delivered', { channel: notifier.name, key: KEY, result: isAccepted ? 'ok' : 'failed' });
      if (isAccepted) return;
      await pause(delayMs(tries, performance.now() - begun), stopping);
    }
  };
  const send = (message: AlertMessage): void => {
    for (const notifier of notifiers.filter(({ events }) => events.includes('alerts'))) {
      const before = lines.get(notifier) ?? Promise.resolve();
      lines.set(
        notifier,
        before.then(async () => deliver(notifier, message)),
      );
    }
  };
  return Object.assign(send, {
    idle: async () => {
      await Promise.all(lines.values());
    },
  });
}

async function accepts(notifier: Notifier, message: AlertMessage, signal: AbortSignal): Promise<boolean> {
  try {
    await notifier.send(message, signal);
    return true;
  } catch {
    return false; // told by the caller, and tried again
  }
}

async function pause(ms: number, until: AbortSignal): Promise<void> {
  if (until.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  until.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}
