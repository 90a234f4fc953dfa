/** What a finding is about; they are shown in this order. */
export const TOPICS = [
  'configuration',
  'Redis',
  'store',
  'Command',
  'permissions',
  'dialect',
  'certificate authorities',
  'old rows',
  'clocks',
] as const;
export type Topic = (typeof TOPICS)[number];

/** `fail`: the daemon would not work. `warn`: it would, with a risk. `info`: worth knowing. */
export type Level = 'ok' | 'warn' | 'fail' | 'info';

/** One thing that `doctor` looked at. */
export interface Finding {
  readonly topic: Topic;
  readonly level: Level;
  readonly text: string;
  /** What was seen; null: the text says it all. */
  readonly evidence: string | null;
  /** What to do; null: nothing. */
  readonly fix: string | null;
}

/** Evidence and remedy of a finding, where there are any. */
export interface FindingMore {
  readonly evidence?: string | null | undefined;
  readonly fix?: string | undefined;
}

/** Makes the findings of one topic. */
export function findingsOf(topic: Topic) {
  const make =
    (level: Level) =>
    (text: string, { evidence = null, fix }: FindingMore = {}): Finding => ({
      topic,
      level,
      text,
      evidence,
      fix: fix ?? null,
    });
  return { ok: make('ok'), warn: make('warn'), fail: make('fail'), info: make('info') };
}

/** True where nothing stands in the daemon's way. */
export function wouldWork(findings: readonly Finding[]): boolean {
  return findings.every(({ level }) => level !== 'fail');
}

/** In the order of the topics; within one as they were found. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => TOPICS.indexOf(a.topic) - TOPICS.indexOf(b.topic));
}

/** Milliseconds for people, in the unit that suits them. */
export function shortDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Number((ms / 1000).toFixed(1))} s`;
  if (ms < 2 * 3_600_000) return `${Number((ms / 60_000).toFixed(1))} min`;
  if (ms < 2 * 86_400_000) return `${Number((ms / 3_600_000).toFixed(1))} h`;
  return `${Number((ms / 86_400_000).toFixed(1))} d`;
}
