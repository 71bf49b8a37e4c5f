import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BackfillRecord } from '../core/model/backfill.ts';
import { AppError } from '../core/model/errors.ts';
import { isRunFinished, type RunState } from '../core/model/states.ts';
import { isLed } from '../core/scheduler/is-led.ts';
import type { Project } from '../core/scheduler/project.ts';
import { valueOfAnswer } from './answer-error.ts';
import type { CommandContext } from './context.ts';
import { openSession } from './engine.ts';
import { EXIT } from './exit-code.ts';
import { tableLines, tableWidth } from './render/table.ts';
import { instantText, slotText, spanText } from './render/time-text.ts';
import { userName } from './user-name.ts';
import { withProject } from './with-project.ts';

/** Backfills that `orch backfill list` shows. */
const LISTED_MAX = 100;

/** How far a backfill is, in slots. */
interface Progress {
  readonly backfill: BackfillRecord;
  readonly done: number;
  readonly failed: number;
  /** Runs that somebody or something ended before they were over. */
  readonly cancelled: number;
  readonly running: number;
  /** Slots that are not decided yet. */
  readonly left: number;
  /** Until it is over, from the mean duration of its finished runs; `null` where that is not known. */
  readonly etaMs: number | null;
  /** Why no end can be foretold, and what would change that; `null` if one is, or if it is over. */
  readonly noEta: string | null;
}

async function progressOf(
  { store, dir }: Project,
  backfill: BackfillRecord,
  isLed: boolean,
): Promise<Progress> {
  const runs = await store.backfillRuns(backfill.backfillNo);
  const count = (is: (state: RunState) => boolean): number =>
    runs.reduce((sum, one) => sum + (is(one.state) ? one.count : 0), 0);
  const isOver = backfill.state === 'done' || backfill.state === 'cancelled';
  const running = count((state) => !isRunFinished(state));
  const left = isOver ? 0 : Math.max(0, backfill.slots - backfill.decided);
  const ended = runs.filter(({ state }) => state === 'success' || state === 'failed');
  const endedCount = ended.reduce((sum, one) => sum + one.count, 0);
  const meanMs = endedCount === 0 ? null : ended.reduce((sum, one) => sum + one.spentMs, 0) / endedCount;
  const dag = await store.dag(backfill.dagId);
  const isGone = dag === null || !dag.present || !existsSync(join(dir, dag.file));
  const noEta = isOver ? null : isGone ? goneText(backfill) : whyNoEta(backfill, isLed, endedCount);
  const rounds = Math.ceil((left + running) / backfill.maxActiveRuns);
  return {
    backfill,
    done: count((state) => state === 'success'),
    failed: count((state) => state === 'failed'),
    cancelled: count((state) => state === 'cancelled'),
    running,
    left,
    etaMs: meanMs === null || isOver || noEta !== null ? null : meanMs * rounds,
    noEta,
  };
}

/** Nobody makes runs of a DAG that no file declares. */
function goneText({ dagId, backfillNo }: BackfillRecord): string {
  const giveUp = `orch backfill cancel ${backfillNo}`;
  return `not while no file declares DAG ${dagId}: bring it back, or give up: ${giveUp}`;
}

/** A pause of its DAG is no reason: that does not hold a backfill up. */
function whyNoEta({ state, backfillNo }: BackfillRecord, isLed: boolean, ended: number): string | null {
  if (state === 'paused') return `not while it is paused. To go on: orch backfill resume ${backfillNo}`;
  if (!isLed) return "not before a scheduler runs: 'orch scheduler' or 'orch up'";
  return ended === 0 ? 'not known before the first of its runs has ended' : null;
}

function progressJson(progress: Progress): object {
  const { backfill, done, failed, cancelled, running, left, etaMs, noEta } = progress;
  return {
    backfillId: String(backfill.backfillNo),
    dagId: backfill.dagId,
    state: backfill.state,
    firstSlotAt: instantText(backfill.firstAt),
    lastSlotAt: instantText(backfill.lastAt),
    which: backfill.which,
    reverse: backfill.reverse,
    scope: backfill.scope,
    params: backfill.params,
    maxActiveRuns: backfill.maxActiveRuns,
    slots: backfill.slots,
    done,
    failed,
    cancelled,
    running,
    left,
    asTheyWere: backfill.spared,
    etaMs: etaMs === null ? null : Math.round(etaMs),
    noEta,
    createdAt: instantText(backfill.createdAt),
    createdBy: backfill.createdBy,
    endedAt: instantText(backfill.endedAt),
  };
}

/** `orch backfill list`: newest first. */
export async function listBackfills(context: CommandContext): Promise<number> {
  return withProject(context, async (project) => {
    const { store } = project;
    await store.migrate();
    const led = await isLed(project);
    const all: Progress[] = [];
    for (const backfill of await store.backfills({ limit: LISTED_MAX }))
      all.push(await progressOf(project, backfill, led));
    if (context.flags.json) {
      context.json({ items: all.map(progressJson), nextCursor: null });
      return EXIT.ok;
    }
    if (all.length === 0) context.say("There are no backfills. Make one: 'orch backfill create <dag>'.");
    const number = (title: string, of: (one: Progress) => number) => ({
      title,
      align: 'right' as const,
      text: (one: Progress) => String(of(one)),
    });
    const columns = [
      number('id', ({ backfill }) => backfill.backfillNo),
      { title: 'dag', flex: true, text: ({ backfill }: Progress) => backfill.dagId },
      { title: 'state', text: ({ backfill }: Progress) => backfill.state },
      { title: 'first due (UTC)', text: ({ backfill }: Progress) => slotText(backfill.firstAt) },
      { title: 'last due', text: ({ backfill }: Progress) => slotText(backfill.lastAt) },
      number('done', ({ done }) => done),
      number('failed', ({ failed }) => failed),
      number('cancelled', ({ cancelled }) => cancelled),
      number('running', ({ running }) => running),
      number('left', ({ left }) => left),
    ];
    const width = tableWidth(context.host.stdout);
    if (all.length > 0) context.print(tableLines(columns, all, width, context.style.dim).join('\n'));
    return EXIT.ok;
  });
}

/** `orch backfill show <id>`. */
export async function showBackfill(context: CommandContext, name: string): Promise<number> {
  const backfillNo = numberOf(name);
  return withProject(context, async (project) => {
    const { store } = project;
    await store.migrate();
    const backfill = await store.backfill(backfillNo);
    if (backfill === null)
      throw new AppError('not_found', `There is no backfill ${backfillNo}. 'orch backfill list' lists them.`);
    const progress = await progressOf(project, backfill, await isLed(project));
    if (context.flags.json) {
      context.json(progressJson(progress));
      return EXIT.ok;
    }
    const { dagId, state, slots, spared, firstAt, lastAt } = backfill;
    const { done, failed, cancelled, running, left, etaMs, noEta } = progress;
    const ends = etaMs === null ? noEta : `in about ${spanText(etaMs)}`;
    const ended = `${done} done, ${failed} failed, ${cancelled} cancelled`;
    context.print(
      [
        `Backfill ${backfillNo} of ${dagId} is ${state}`,
        `  slots   ${slots}, due ${slotText(firstAt)} to ${slotText(lastAt)}`,
        `  runs    ${ended}, ${running} running, ${left} left; ${spared} as they were`,
        ...(ends === null ? [] : [`  ends    ${ends}`]),
      ].join('\n'),
    );
    return EXIT.ok;
  });
}

/** `orch backfill pause|resume|cancel <id>`. */
export async function changeBackfill(
  context: CommandContext,
  name: string,
  to: 'running' | 'paused' | 'cancelled',
): Promise<number> {
  const backfillNo = numberOf(name);
  return withProject(context, async (project) => {
    const session = await openSession(project, { warm: false });
    try {
      const by = userName(context.host.env);
      valueOfAnswer(await session.ask({ type: 'changeBackfill', backfillNo, to, by }));
      if (context.flags.json) context.json({ backfillId: String(backfillNo), state: to });
      else context.print(`Backfill ${backfillNo} is ${to}`);
      if (session.leading && to !== 'paused')
        context.say(`No scheduler runs: 'orch scheduler' or 'orch up' will see to its runs.`);
      return EXIT.ok;
    } finally {
      await session.close();
    }
  });
}

function numberOf(name: string): number {
  if (/^\d{1,9}$/.test(name)) return Number(name);
  throw new AppError('usage', `'${name}' is no number of a backfill. 'orch backfill list' lists them.`);
}
