import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AttemptOrder } from '../../../core/model/attempt.ts';
import { type AttemptId, attemptId, type NodeNo, type RunNo, type TryNo } from '../../../core/model/ids.ts';
import type { Json } from '../../../core/model/json.ts';
import { Bench, makeProject } from './harness.ts';

/** A task that is quick until its item says otherwise, and leaves a line when it starts and when it ends. */
const WORK = `
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const work = (_, ctx) => {
  const leave = (what) =>
    appendFileSync(join(ctx.projectDir, 'witness'), what + ' ' + ctx.attemptId + ' ' + process.pid + '\\n');
  leave('start');
  if (ctx.item === 'blocks') { ctx.metric('pid', process.pid); for (;;); }
  if (ctx.item === 'waits') { ctx.metric('pid', process.pid); return wait(60_000); }
  if (ctx.item === 'exits') process.exit(4);
  if (ctx.item === 'rejects') { Promise.reject(new Error('aside')); return wait(60_000); }
  leave('end');
};
`;

let bench: Bench;
let nodes = 0;
let definition: AttemptOrder['definition'];

/** Everything is sent ahead, and taken back from behind an attempt that has run for `takeBackMs`. */
async function open(takeBackMs: number): Promise<void> {
  bench = new Bench(makeProject({ 'dags/work.ts': WORK }), { runners: { max: 3, aheadMs: 1e6, takeBackMs } });
  await bench.executor.start();
  nodes = 0;
  definition = bench.order({ kind: 'function', ref: './work.ts#work' }, { killGraceMs: 100 }).definition;
  // How long a task takes must be known before orders for it are sent ahead.
  for (let round = 0; round < 3; round++) await bench.ended(give(null));
}

async function openNeverTakingBack(): Promise<void> {
  await bench.close();
  await open(1e6);
}

beforeEach(() => open(2));
afterEach(async () => bench.close());

/** Submits one more attempt of the task. */
function give(item: Json, own: Partial<AttemptOrder['definition']> = {}): AttemptId {
  const node = ++nodes;
  const id = attemptId(1 as RunNo, node as NodeNo, 1 as TryNo);
  bench.executor.submit({
    attemptId: id,
    runNo: 1 as RunNo,
    nodeNo: node as NodeNo,
    tryNo: 1 as TryNo,
    definition: Object.keys(own).length === 0 ? definition : { ...definition, id: 1_000 + node, ...own },
    keys: ['k'],
    items: [item],
    inputs: [],
    spinUs: 0,
  });
  return id;
}

const several = (count: number): AttemptId[] => Array.from({ length: count }, () => give(null));

function witness(): { what: string; id: string; pid: number }[] {
  const lines = readFileSync(join(bench.projectDir, 'witness'), 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [what = '', id = '', pid] = line.split(' ');
    return { what, id, pid: Number(pid) };
  });
}

const starts = (id: AttemptId): number =>
  witness().filter((line) => line.what === 'start' && line.id === id).length;

async function expectQuick(ids: readonly AttemptId[]): Promise<void> {
  for (const id of ids) expect(await bench.outcome(id)).toMatchObject({ kind: 'success' });
  expect(ids.map(starts)).toEqual(ids.map(() => 1));
}

test('quick attempts run once each, one at a time in a process', async () => {
  const ids = several(200);
  await expectQuick(ids);
  for (const pid of new Set(witness().map((line) => line.pid))) {
    const lines = witness().filter((line) => line.pid === pid);
    for (let at = 0; at < lines.length; at += 2) {
      expect([lines[at]?.what, lines[at + 1]?.what]).toEqual(['start', 'end']);
      expect(lines[at + 1]?.id).toBe(lines[at]?.id);
    }
  }
  const ofOne = bench.events.filter((event) => event.attemptId === ids[7]).map((event) => event.type);
  expect(ofOne).toEqual(['attempt.started', 'attempt.ended']);
});

test('orders behind an attempt that blocks its process are taken back and run elsewhere', async () => {
  const blocked = give('blocks');
  const behind = several(6);
  await expectQuick(behind);
  const pid = await bench.metric(blocked, 'pid');
  expect(bench.events.some((event) => event.type === 'attempt.ended' && event.attemptId === blocked)).toBe(
    false,
  );
  expect(witness().filter((line) => line.pid === pid && behind.includes(line.id as AttemptId))).toEqual([]);
  bench.executor.stop(blocked, 'user', 0);
  expect(await bench.outcome(blocked)).toEqual({ kind: 'stopped' });
});

test('what is behind an attempt whose process dies is started once, by another process', async () => {
  await openNeverTakingBack();
  const blocked = give('blocks');
  const behind = several(6);
  process.kill(await bench.metric(blocked, 'pid'), 'SIGKILL');
  expect(await bench.outcome(blocked)).toMatchObject({ kind: 'lost' });
  await expectQuick(behind);
});

test.each([
  ['exits', { kind: 'failed', error: { name: 'ProcessExit' } }],
  ['rejects', { kind: 'failed', error: { message: 'aside' } }],
])('an attempt that %s does not touch those behind it', async (item, outcome) => {
  const bad = give(item);
  const behind = several(6);
  expect(await bench.outcome(bad)).toMatchObject(outcome);
  await expectQuick(behind);
});

test('an order that was sent ahead can be stopped without ever starting', async () => {
  const head = give('waits');
  const behind = several(3);
  const [, stopped] = behind as [AttemptId, AttemptId, AttemptId];
  bench.executor.stop(stopped, 'user', 1_000);
  const ended = await bench.ended(stopped);
  expect(ended.outcome).toEqual({ kind: 'stopped' });
  expect(starts(stopped)).toBe(0);
  expect(bench.events.filter((event) => event.attemptId === stopped)).toHaveLength(1);
  await expectQuick(behind.filter((id) => id !== stopped));
  bench.executor.stop(head, 'user', 0);
  await bench.ended(head);
});

test('an attempt that is stopped does not take along what was sent behind it', async () => {
  await openNeverTakingBack();
  const head = give('waits');
  const behind = several(6);
  bench.executor.stop(head, 'user', 0);
  expect(await bench.outcome(head)).toEqual({ kind: 'stopped' });
  await expectQuick(behind);
});

test('the death of the keeper loses what ran, and nothing that waited behind it', async () => {
  await openNeverTakingBack();
  const head = give('blocks');
  const behind = several(6);
  const pid = await bench.metric(head, 'pid');
  const keeper = Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[1]);
  process.kill(keeper, 'SIGKILL');
  expect(await bench.outcome(head)).toMatchObject({ kind: 'lost' });
  await expectQuick(behind);
});
