import { type AccountRecord, includesRole, isAbout, type TokenRecord } from '../model/account.ts';
import type { AdHocSchedule } from '../model/ad-hoc-schedule.ts';
import { type Because, because } from '../model/because.ts';
import type { Accounts } from '../store/accounts.ts';
import { isInForce } from './keep-accounts.ts';

/** Who made a schedule, as the store has it now; `null`: it has nobody of that name. */
export type Maker = AccountRecord | TokenRecord | null;

type Owned = Pick<AdHocSchedule, 'scheduleId' | 'dagId' | 'maker'>;

/** Why a schedule starts nothing at an instant, as its maker may not trigger its DAG; `null`: it may. */
export function lostRight({ scheduleId, dagId, maker }: Owned, found: Maker, at: number): Because | null {
  if (maker === null) return null;
  const why = lack(dagId, maker.since, found, at);
  if (why === null) return null;
  const who =
    found !== null && 'tokenId' in found ? `token ${found.name}` : maker.principal.replace(':', ' ');
  return because('schedule_refused', { schedule: scheduleId, dag: dagId, who, why });
}

function lack(dagId: string, since: number, found: Maker, at: number): string | null {
  if (found === null) return 'is not there any more';
  if ('tokenId' in found) {
    if (found.revokedAt !== null) return 'is revoked';
    if (!isInForce(found, at)) return 'has expired';
  } else {
    if (found.createdAt > since) return 'is another one by now';
    if (found.disabled) return 'is disabled';
  }
  const may = found.grants.some((grant) => isAbout(grant, dagId) && includesRole(grant.role, 'operator'));
  return may ? null : 'has no role for that any more';
}

/** What {@link lostRight} says of schedules now, by their ids; those that may go on are not in it. */
export async function lostRights(
  accounts: Accounts,
  schedules: readonly Owned[],
  at: number,
): Promise<ReadonlyMap<string, Because>> {
  const makers = new Map<string, Maker>();
  for (const { principal } of schedules.flatMap(({ maker }) => maker ?? []))
    if (!makers.has(principal)) makers.set(principal, await makerOf(accounts, principal));
  const lost = schedules.flatMap((one): [string, Because][] => {
    const found = one.maker === null ? null : (makers.get(one.maker.principal) ?? null);
    const why = lostRight(one, found, at);
    return why === null ? [] : [[one.scheduleId, why]];
  });
  return new Map(lost);
}

function makerOf(accounts: Accounts, principal: string): Promise<Maker> {
  const at = principal.indexOf(':');
  const id = principal.slice(at + 1);
  return principal.slice(0, at) === 'token' ? accounts.token(id) : accounts.account(id);
}
