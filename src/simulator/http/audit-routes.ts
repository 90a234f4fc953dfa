import type { Field } from '../query/compile-query.ts';
import { listItems } from '../query/list-items.ts';
import { AUDIT_CATEGORIES } from '../world/audit-log.ts';
import type { AuditEntry, DataMap, World } from '../world/types.ts';
import { notFound } from './api-error.ts';
import { renderDate } from './render.ts';
import { PERMISSIONS, type Route } from './routes.ts';

const CATEGORY_NAMES = new Map<number, string>(
  Object.entries(AUDIT_CATEGORIES).map(([name, number]) => [number, name]),
);

/** The category is an integer on the wire and queried by name (API reference, 9). */
const AUDIT_FIELDS: readonly Field<AuditEntry>[] = [
  { name: 'Category', kind: 'text', get: ({ category }) => CATEGORY_NAMES.get(category) ?? String(category) },
  { name: 'EntityType', kind: 'text', get: ({ entityType }) => entityType },
  { name: 'Id', kind: 'integer', get: ({ id }) => id },
  { name: 'AuditIdentifier', kind: 'text', get: ({ auditIdentifier }) => auditIdentifier },
  { name: 'ImmutableIdentifier', kind: 'text', get: ({ immutableIdentifier }) => immutableIdentifier },
  { name: 'Level', kind: 'integer', get: ({ level }) => level },
  { name: 'Message', kind: 'text', get: ({ message }) => message },
  { name: 'Operation', kind: 'integer', get: ({ operation }) => operation },
  { name: 'Timestamp', kind: 'date', get: ({ at }) => at },
  { name: 'User', kind: 'text', get: ({ user }) => user },
];

/** API reference, 9. */
const SORTABLE = ['Category', 'ImmutableIdentifier', 'Level', 'Operation', 'Timestamp'];

const needs = [[PERMISSIONS.readAudit]];

export function auditRoutes(world: World): Route[] {
  const render = (entry: AuditEntry): DataMap => renderEntry(world, entry);
  const list = { prefix: 'pq', fields: AUDIT_FIELDS, sortable: SORTABLE, render };
  return [
    {
      name: 'audit',
      method: 'GET',
      path: 'Audit',
      needs,
      answer: (exchange) => listItems(world, exchange, { ...list, items: world.audit }),
    },
    {
      name: 'auditRelated',
      method: 'GET',
      path: 'Audit/RelatedEntities',
      needs,
      answer: (exchange) => listItems(world, exchange, { ...list, items: world.audit }),
    },
    {
      name: 'auditEntry',
      method: 'GET',
      path: 'Audit/{id}',
      needs,
      answer({ parameters }) {
        const entry = world.audit.find(({ id }) => String(id) === parameters['id']);
        if (!entry) throw notFound('The audit entry was not found.');
        return { status: 200, body: renderEntry(world, entry) };
      },
    },
  ];
}

function renderEntry(world: World, entry: AuditEntry): DataMap {
  return {
    Id: entry.id,
    Timestamp: renderDate(entry.at, world.knobs),
    Message: entry.message,
    Signature: '',
    Category: entry.category,
    Operation: entry.operation,
    Level: entry.level,
    User: entry.user,
    EntityType: entry.entityType,
    AuditIdentifier: entry.auditIdentifier,
    ImmutableIdentifier: entry.immutableIdentifier,
  };
}
