import type { AuditEntry, Instance, World } from './types.ts';

/** Operation codes of the audit log (API reference, 9). */
export const AUDIT_OPERATIONS = {
  Created: 1,
  Updated: 2,
  Deleted: 3,
  Approved: 4,
  Denied: 5,
  Restarted: 21,
  Failed: 23,
  Completed: 24,
  Rejected: 25,
} as const;

/** Category numbers of this server; those of a real one are unknown. */
export const AUDIT_CATEGORIES = { Certificate: 2001, AuthorizationFailure: 2012, WorkflowInstance: 2031 } as const;

/** Most entries kept. */
const MAX_ENTRIES = 20_000;

interface InstanceEvent {
  readonly operation: keyof typeof AUDIT_OPERATIONS;
  readonly instance: Instance;
  readonly user: string;
  readonly newId?: string | null;
}

/** Adds an entry about a workflow instance. */
export function writeAudit(world: World, event: InstanceEvent): void {
  const { instance, user } = event;
  const newId = event.newId ? `<NewId>${event.newId}</NewId>` : '';
  append(world, {
    category: AUDIT_CATEGORIES.WorkflowInstance,
    operation: AUDIT_OPERATIONS[event.operation],
    level: 0,
    user,
    entityType: 'WorkflowInstance',
    auditIdentifier: instance.title,
    immutableIdentifier: String(instance.referenceId),
    message: `<AuditMessage><WorkflowInstance><Id>${instance.id}</Id>${newId}<Operation>${event.operation}</Operation></WorkflowInstance></AuditMessage>`,
  });
}

/** Adds the entry that a refused call leaves. */
export function writeAccessAudit(world: World, user: string, path: string): void {
  append(world, {
    category: AUDIT_CATEGORIES.AuthorizationFailure,
    operation: AUDIT_OPERATIONS.Denied,
    level: 2,
    user,
    entityType: 'Authorization',
    auditIdentifier: path,
    immutableIdentifier: '',
    message: '<AuditMessage><AuthorizationFailure /></AuditMessage>',
  });
}

function append(world: World, entry: Omit<AuditEntry, 'id' | 'at'>): void {
  if (world.audit.length >= MAX_ENTRIES) world.audit.splice(0, MAX_ENTRIES / 10);
  world.audit.push({ id: (world.audit.at(-1)?.id ?? 0) + 1, at: world.clock.now(), ...entry });
}
