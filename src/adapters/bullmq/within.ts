/** Waits for the work, however it ends, but no longer than the limit. False: the limit came first. */
export async function within(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), limitMs);
  work.then(
    () => resolve(true),
    () => resolve(true),
  );
  const isDone = await promise;
  clearTimeout(timer);
  return isDone;
}
