import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { AppError } from '../core/model/errors.ts';
import type { Project } from '../core/scheduler/project.ts';

/** A change as the audit log keeps it: the operation of the API that does the same, and its status there. */
export interface AuditedChange {
  readonly action: string;
  readonly target: string;
  readonly status: number;
}

/** Makes a change that stands in the audit log before it is made; `by` is who makes it. */
export async function audited<T>(
  { store, clock }: Project,
  { action, target, status }: AuditedChange,
  make: (by: string) => Promise<T>,
): Promise<T> {
  const by = machineUser();
  const auditNo = await store.audit.began({
    at: clock.now(),
    actor: by,
    action,
    target,
    requestId: randomUUID(),
  });
  try {
    const made = await make(by);
    await store.audit.ended(auditNo, status);
    return made;
  } catch (error) {
    const isRefused = error instanceof AppError && error.code === 'conflict';
    await store.audit.ended(auditNo, isRefused ? 409 : 500);
    throw error;
  }
}

/** The user of the machine, as the system and not the environment says. No account can have such a name. */
function machineUser(): string {
  try {
    return `machine:${userInfo().username}`;
  } catch {
    return `machine:${process.getuid?.() ?? 'unknown'}`;
  }
}
