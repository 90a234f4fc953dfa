import type { Instance } from './types.ts';

export type SortValue = string | number;

export interface SortField {
  readonly name: string;
  readonly get: (instance: Instance) => SortValue;
  /** Whether the value changes while an instance runs. */
  readonly isLive: boolean;
}

/** Instances by id, and in the order of any field; orders are made on demand and kept nearly sorted. */
export interface InstanceStore {
  readonly size: number;
  get(id: string): Instance | undefined;
  add(instance: Instance): void;
  remove(instances: readonly Instance[]): void;
  /** Says that live fields of some instance have changed. */
  touch(): void;
  all(): IterableIterator<Instance>;
  /** All instances, ascending; ties by ReferenceId. Not to be changed by the caller. */
  ordered(field: SortField): readonly Instance[];
}

interface Order {
  readonly field: SortField;
  rows: Instance[];
  isSorted: boolean;
}

export function createInstanceStore(): InstanceStore {
  const byId = new Map<string, Instance>();
  const orders = new Map<string, Order>();

  return {
    get size() {
      return byId.size;
    },
    get: (id) => byId.get(id.toLowerCase()),
    add(instance) {
      byId.set(instance.id, instance);
      for (const order of orders.values()) {
        order.rows.push(instance);
        order.isSorted = false;
      }
    },
    remove(instances) {
      for (const instance of instances) byId.delete(instance.id);
      const gone = new Set(instances);
      for (const order of orders.values()) order.rows = order.rows.filter((row) => !gone.has(row));
    },
    touch() {
      for (const order of orders.values()) if (order.field.isLive) order.isSorted = false;
    },
    all: () => byId.values(),
    ordered(field) {
      const order = orders.get(field.name) ?? { field, rows: [...byId.values()], isSorted: false };
      orders.set(field.name, order);
      if (!order.isSorted)
        order.rows.sort((a, b) => compare(field.get(a), field.get(b)) || a.referenceId - b.referenceId);
      order.isSorted = true;
      return order.rows;
    },
  };
}

function compare(a: SortValue, b: SortValue): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}
