/** How often restarts of a definition failed again in one step (DESIGN.md 4.5). */
export interface StepFailures {
  readonly definitionId: string;
  /** The step's unique name, lower-cased; its display name where it has none. */
  readonly step: string;
  /** Different roots in a row; empty once they were enough. */
  readonly roots: readonly string[];
  /** The dependency that the step has become; null: it is none. */
  readonly gate: string | null;
  /** While it is one: restarts of the definition that completed since the last one failed in it. */
  readonly passed?: number;
}

/** By definition and step; one document of the ledger. */
export type AllStepFailures = Readonly<Record<string, StepFailures>>;

/** The ledger's name for it. */
export const STEP_FAILURES = 'step-failures';

/** So many different roots in a row make a step a dependency; after so many completions in a row it is none any more. */
const ROOTS = 10;

export interface FailedStep {
  readonly definitionId: string;
  readonly definitionName: string | null;
  readonly stepName: string | null;
  readonly stepUniqueName: string | null;
}

/** A restart of this root failed again in this step. Null: that says nothing new. */
export function withStepFailure(all: AllStepFailures | null, failed: FailedStep, root: string): AllStepFailures | null {
  const key = keyOf(failed);
  const { definitionId } = failed;
  const known = all?.[key] ?? { definitionId, step: stepOf(failed), roots: [], gate: null };
  if (known.gate !== null) return (known.passed ?? 0) > 0 ? { ...all, [key]: { ...known, passed: 0 } } : null;
  if (known.roots.includes(root)) return null;
  const roots = [...known.roots, root];
  const isGate = roots.length >= ROOTS;
  return { ...all, [key]: { ...known, roots: isGate ? [] : roots, gate: isGate ? gateName(failed) : null } };
}

/** A restart of this definition completed, so it passed every step: the rows begin anew, and a gate is one nearer its end. */
export function withStepCompletion(all: AllStepFailures | null, definitionId: string): AllStepFailures | null {
  const rows = Object.entries(all ?? {});
  if (!rows.some(([, row]) => row.definitionId === definitionId)) return null;
  return Object.fromEntries(
    rows.flatMap(([key, row]) => {
      if (row.definitionId !== definitionId) return [[key, row] as const];
      const passed = (row.passed ?? 0) + 1;
      return row.gate === null || passed >= ROOTS ? [] : [[key, { ...row, passed }] as const];
    }),
  );
}

/** The dependencies that the steps of a definition have become. */
export function stepGatesOf(all: AllStepFailures | null, definitionId: string): readonly string[] {
  return Object.values(all ?? {}).flatMap((row) =>
    row.definitionId === definitionId && row.gate !== null ? [row.gate] : [],
  );
}

/** The dependency that this step has become; null: it is none. */
export function stepGateOf(all: AllStepFailures | null, failed: Omit<FailedStep, 'definitionName'>): string | null {
  return all?.[keyOf(failed)]?.gate ?? null;
}

function keyOf(failed: Omit<FailedStep, 'definitionName'>): string {
  return `${failed.definitionId}/${stepOf(failed)}`;
}

function stepOf({ stepUniqueName, stepName }: Pick<FailedStep, 'stepName' | 'stepUniqueName'>): string {
  return (stepUniqueName ?? stepName ?? '').toLowerCase();
}

function gateName({ definitionId, definitionName, stepName, stepUniqueName }: FailedStep): string {
  return `step ${stepName ?? stepUniqueName ?? '?'} of ${definitionName ?? definitionId}`;
}
