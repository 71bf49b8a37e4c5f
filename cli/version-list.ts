import type { Version } from '../client/generated/api.ts';
import { versionChange } from '../core/graph/version-change.ts';
import { AppError } from '../core/model/errors.ts';
import type { VersionNo } from '../core/model/ids.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { Store, VersionRecord } from '../core/store/store.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { tableLines, tableWidth } from './render/table.ts';
import { dateText, instantText } from './render/time-text.ts';

/** Versions that are listed, newest first. */
export const VERSIONS_MAX = 50;

/**
 * A version of a DAG.
 * @throws AppError `not_found` with the newest ones that there are.
 */
export async function requireVersion(store: Store, dagId: string, no: number): Promise<VersionRecord> {
  const found = await store.version(no as VersionNo);
  if (found?.dagId === dagId) return found;
  const known = (await store.versionsOf(dagId, 8)).map(({ versionNo }) => versionNo);
  const text = known.length === 0 ? 'It has none.' : `It has ${known.join(', ')}.`;
  throw new AppError('not_found', `DAG '${dagId}' has no version ${no}. ${text}`);
}

/** Lists the versions of a DAG with what each changed, newest first. */
export async function listVersions(
  context: CommandContext,
  { store }: Project,
  dagId: string,
): Promise<number> {
  const dag = await store.dag(dagId);
  if (dag === null) throw new AppError('not_found', `DAG '${dagId}' has no version yet: it never ran.`);
  const [pin] = await store.pins([dagId]);
  const declaredNo = pin?.declaredNo ?? dag.versionNo;
  const found = await store.versionsOf(dagId, VERSIONS_MAX + 1);
  const items = found.slice(0, VERSIONS_MAX).map((version, at): Version => {
    const { versionNo, createdAt, file, graphHash, codeHash } = version;
    return {
      version: versionNo,
      createdAt: instantText(createdAt),
      ...{ file, graphHash, codeHash },
      inForce: versionNo === dag.versionNo,
      declared: versionNo === declaredNo,
      ...versionChange(version, found[at + 1]),
    };
  });
  return tellVersions(context, dagId, pin?.versionNo ?? null, items);
}

/** Tells versions, newest first. */
export function tellVersions(
  context: CommandContext,
  dagId: string,
  rolledBackTo: number | null,
  items: readonly Version[],
): number {
  if (context.flags.json) {
    context.json({ dagId, rolledBackTo, items, nextCursor: null });
    return EXIT.ok;
  }
  const notes = ({ inForce, declared }: Version): string =>
    [
      ...(inForce ? ['new runs have it'] : []),
      ...(declared && rolledBackTo !== null ? ['its file declares it'] : []),
    ].join(', ');
  const columns = [
    { title: 'version', text: ({ version }: Version) => String(version), align: 'right' as const },
    { title: 'since', text: ({ createdAt }: Version) => dateText(Date.parse(createdAt)) },
    { title: 'changed', text: changedText, flex: true },
    { title: '', text: notes, paint: context.style.bold, flex: true },
  ];
  context.print(tableLines(columns, items, tableWidth(context.host.stdout), context.style.dim).join('\n'));
  return EXIT.ok;
}

function changedText({ change, added, removed, changed }: Version): string {
  if (change === 'new') return 'new';
  if (change === 'code') return 'only code';
  const signed = (sign: string, paths: readonly string[]) => paths.map((path) => sign + path);
  const tasks = [...signed('+', added), ...signed('-', removed), ...signed('~', changed)];
  return tasks.length === 0 ? 'options of the DAG' : tasks.join(' ');
}
