import { statfsSync } from 'node:fs';
import { AppError } from '../core/model/errors.ts';
import { isRunFinished } from '../core/model/states.ts';
import { isLed } from '../core/scheduler/is-led.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { CommandContext } from './context.ts';
import { openProject } from './engine.ts';
import { keyFindings } from './key-findings.ts';
import { leaderFinding } from './leader-finding.ts';
import { livingGroups } from './leftover-groups.ts';
import { counted } from './render/counted.ts';
import { shortRunId } from './render/run-name.ts';
import { oneLine } from './render/text-width.ts';
import { storeFinding } from './store-finding.ts';
import type { ViolationView } from './violation-view.ts';

/** One thing that `orch doctor` looked at. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'problem';
  readonly topic: string;
  readonly text: string;
  readonly advice?: string;
  /** Rules that what is stored breaks. */
  readonly violations?: readonly ViolationView[];
}

const CONFIG_FINE: Finding = { level: 'ok', topic: 'config', text: 'airflow.yaml and environment are fine' };
const DISK_BYTES_MIN = 512 * 1024 * 1024;

/** Looks at the machine and, if there is a project, at its config, files, store and processes. */
export async function examine(context: CommandContext, dir: string | null): Promise<Finding[]> {
  const findings: Finding[] = [
    { level: 'ok', topic: 'node', text: `${process.version} at ${process.execPath}` },
  ];
  findings.push({ level: 'ok', topic: 'sqlite', text: process.versions.sqlite ?? 'unknown' });
  if (dir === null) {
    findings.push({
      level: 'warning',
      topic: 'project',
      text: 'this folder is no project',
      advice: "make one with 'orch init', or name one with -C DIR",
    });
    return findings;
  }
  findings.push({ level: 'ok', topic: 'project', text: dir });
  let project: Project;
  try {
    project = await openProject(dir, context);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'unavailable') return [...findings, CONFIG_FINE, awayFinding(error)];
    const advice = error.details.diagnostics === undefined ? undefined : "'orch check' shows each mistake";
    return [
      ...findings,
      { level: 'problem', topic: 'config', text: error.message, ...(advice === undefined ? {} : { advice }) },
    ];
  }
  try {
    return [...findings, ...(await examineProject(project))];
  } finally {
    await project.close();
  }
}

/** The config is read before the store is opened. */
function awayFinding({ message }: AppError): Finding {
  const advice = 'what is stored and who leads is not known until the store answers';
  return { level: 'problem', topic: 'store', text: message, advice };
}

async function examineProject(project: Project): Promise<Finding[]> {
  return [
    CONFIG_FINE,
    await dagFinding(project),
    await storeFinding(project),
    ...(await keyFindings(project)),
    ...(await runFindings(project)),
    await processFinding(project),
    diskFinding(project.stateDir),
  ];
}

async function dagFinding({ library }: Project): Promise<Finding> {
  const files = library.files();
  const parsed = await Promise.all(files.map((file) => library.parse(file)));
  const broken = parsed.filter(({ diagnostics }) => diagnostics.some(({ severity }) => severity === 'error'));
  if (broken.length === 0)
    return { level: 'ok', topic: 'dags', text: `${counted(files.length, 'file')}, all can be read` };
  return {
    level: 'problem',
    topic: 'dags',
    text: `cannot be read: ${broken.map(({ file }) => oneLine(file)).join(', ')}`,
    advice: "'orch check' says why",
  };
}

async function runFindings(project: Project): Promise<Finding[]> {
  const { store } = project;
  const isAlive = await isLed(project);
  const leads = await leaderFinding(project, isAlive);
  const setAside = await setAsideFindings(project, isAlive);
  const open = (await store.unfinishedRuns()).filter(({ state }) => !isRunFinished(state));
  if (open.length === 0 || isAlive)
    return [leads, { level: 'ok', topic: 'runs', text: `${open.length} unfinished` }, ...setAside];
  const names = open
    .slice(0, 3)
    .map(({ uid, dagId }) => `${shortRunId(uid)} of ${dagId}`)
    .join(', ');
  const first = shortRunId(open[0]?.uid ?? '');
  const text = `${open.length} unfinished without a process: ${names}${open.length > 3 ? ', ...' : ''}`;
  return [
    leads,
    {
      level: 'warning',
      topic: 'runs',
      text,
      advice: `go on: orch retry ${first}; give up: orch cancel ${first}`,
    },
    ...setAside,
  ];
}

/** Runs that a leader gave up on because deciding about them failed. */
async function setAsideFindings({ store }: Project, isAlive: boolean): Promise<Finding[]> {
  const { epoch: now } = await store.counters();
  return (await store.setAsideRuns()).map(({ run, epoch, because }) => {
    const id = shortRunId(run.uid);
    const again = `'orch retry ${id}' tries it again`;
    return {
      level: 'problem',
      topic: 'runs',
      text: `${id} of ${run.dagId} was set aside: ${because['error']}`,
      advice: isAlive && epoch === now ? `once the process that leads has ended, ${again}` : again,
    };
  });
}

async function processFinding(project: Project): Promise<Finding> {
  const groups = livingGroups(project.stateDir);
  if (groups.length === 0) return { level: 'ok', topic: 'processes', text: 'none left over' };
  if (await isLed(project))
    return { level: 'ok', topic: 'processes', text: `${groups.length} process groups at work` };
  const text = `process groups without an owner: ${groups.join(', ')}`;
  return {
    level: 'warning',
    topic: 'processes',
    text,
    advice: 'the next trigger, retry or cancel ends them before it starts anything',
  };
}

function diskFinding(stateDir: string): Finding {
  const { bavail, bsize } = statfsSync(stateDir);
  const free = bavail * bsize;
  const text = `${(free / 1024 ** 3).toFixed(1)} GB free for ${stateDir}`;
  return free < DISK_BYTES_MIN
    ? { level: 'problem', topic: 'disk', text, advice: 'make room: runs fail when nothing can be written' }
    : { level: 'ok', topic: 'disk', text };
}
