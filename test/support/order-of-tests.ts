import type { Test } from '@jest/test-result';

/**
 * Jest sequencer: two workers share the files. Beside the matrix, the longest file, goes what computes all the time and
 * hangs on no clock; whole daemons, which mostly wait, come last and go beside each other.
 */
export default class OrderOfTests {
  sort(tests: readonly Test[]): Test[] {
    return tests.toSorted((one, other) => rankOf(one) - rankOf(other) || sizeOf(other) - sizeOf(one));
  }

  allFailedTests(tests: readonly Test[]): readonly Test[] {
    return tests;
  }

  cacheResults(): void {
    // The order hangs on nothing that an earlier run has shown.
  }
}

const ORDER = ['/matrix/', '/simulation/', '/unit/', '/integration/', '/system/'];

function rankOf({ path }: Test): number {
  return ORDER.findIndex((folder) => path.includes(`/test${folder}`));
}

function sizeOf({ context, path }: Test): number {
  return context.hasteFS.getSize(path) ?? 0;
}
