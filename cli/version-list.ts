import { taskDifference } from '../core/graph/task-difference.ts';
import { AppError } from '../core/model/errors.ts';
import type { VersionNo } from '../core/model/ids.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { Store, VersionRecord } from '../core/store/store.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { tableLines, tableWidth } from './render/table.ts';
import { dateText, instantText } from './render/time-text.ts';

/** Versions that are listed, newest first. */
const VERSIONS_MAX = 50;

interface Row {
  readonly version: VersionRecord;
  /** The one before it; `null` for the first. */
  readonly before: VersionRecord | null;
  readonly notes: readonly string[];
}

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
  const pin = (await store.pins()).find((one) => one.dagId === dagId);
  const declaredNo = pin?.declaredNo ?? dag.versionNo;
  const found = await store.versionsOf(dagId, VERSIONS_MAX + 1);
  const rows = found.slice(0, VERSIONS_MAX).map((version, at): Row => {
    const notes = [
      ...(version.versionNo === dag.versionNo ? ['new runs have it'] : []),
      ...(pin !== undefined && version.versionNo === declaredNo ? ['its file declares it'] : []),
    ];
    return { version, before: found[at + 1] ?? null, notes };
  });
  if (context.flags.json) {
    const items = rows.map((row) => rowJson(row, dag.versionNo, declaredNo));
    context.json({ dagId, rolledBackTo: pin?.versionNo ?? null, items, nextCursor: null });
    return EXIT.ok;
  }
  const columns = [
    { title: 'version', text: ({ version }: Row) => String(version.versionNo), align: 'right' as const },
    { title: 'since', text: ({ version }: Row) => dateText(version.createdAt) },
    { title: 'changed', text: changedText, flex: true },
    { title: '', text: ({ notes }: Row) => notes.join(', '), paint: context.style.bold, flex: true },
  ];
  context.print(tableLines(columns, rows, tableWidth(context.host.stdout), context.style.dim).join('\n'));
  return EXIT.ok;
}

function changedText({ version, before }: Row): string {
  if (before === null) return 'new';
  if (before.graphHash === version.graphHash) return 'only code';
  const { added, removed, changed } = taskDifference(before.spec, version.spec);
  const signed = (sign: string, paths: readonly string[]) => paths.map((path) => sign + path);
  const tasks = [...signed('+', added), ...signed('-', removed), ...signed('~', changed)];
  return tasks.length === 0 ? 'options of the DAG' : tasks.join(' ');
}

function rowJson({ version, before }: Row, inForceNo: number, declaredNo: number): object {
  const { versionNo, createdAt, graphHash, codeHash, file } = version;
  const none = { added: [], removed: [], changed: [] };
  return {
    version: versionNo,
    createdAt: instantText(createdAt),
    file,
    graphHash,
    codeHash,
    inForce: versionNo === inForceNo,
    declared: versionNo === declaredNo,
    ...(before === null ? none : taskDifference(before.spec, version.spec)),
  };
}
