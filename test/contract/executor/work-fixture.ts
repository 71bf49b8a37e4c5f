/** Functions of a project's `dags/work.ts`, each a way for an attempt to behave. */
export const WORK = `
import { spawn, spawnSync } from 'node:child_process';
import { writeSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { FatalError, RetryableError } from 'orch';

const wait = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason); });
});
export const niceness = () => getPriority();
export const noop = () => undefined;
export const echo = (inputs) => inputs;
export const context = async (inputs, ctx) => ({
  params: ctx.params, taskId: ctx.taskId, key: ctx.key, item: ctx.item, with: ctx.with, attempt: ctx.attempt,
  attemptId: ctx.attemptId, dagId: ctx.run.dagId, aborted: ctx.signal.aborted, stop: ctx.shouldStop(),
  env: { MODE: process.env.MODE, secret: process.env.ORCH_RUNNER ?? null, send: typeof process.send },
});
export const environment = () => Object.keys(process.env);
export const reports = async (_, { metric, progress, artifact }) => {
  metric('rows', 7); progress(1, 4, 'reading');
  await artifact('report.json', { a: 1 }); await artifact('raw.bin', new Uint8Array([1, 2, 3]));
};
export const counts = async (_, ctx) => {
  const from = ctx.lastCheckpoint ?? 0;
  ctx.checkpoint(from + 1);
  ctx.metric('from', from);
  if (from > 0) return ctx.lastCheckpoint;
  await wait(60_000, ctx.signal);
};
export const tooMuch = (_, { checkpoint }) => checkpoint('x'.repeat(65_536));
export const logs = (_, ctx) => {
  console.log('one'); console.error('two'); process.stdout.write('par'); process.stdout.write('tial\\n');
  ctx.log.warn('careful', { rows: 3 }); console.log('last without end');
};
export const stray = () => {
  writeSync(1, 'native line\\n');
  spawnSync('sh', ['-c', 'echo from child'], { stdio: 'inherit' });
};
export const prints = async (inputs) => {
  for (let i = 0; i < 5; i++) { console.log(inputs.tag + i); await wait(1); }
};
export const tenMegabytes = () => {
  const line = 'x'.repeat(1023);
  for (let i = 0; i < 10240; i++) console.log(line);
};
export const printsThenExits = () => { console.log('before'); process.exit(3); };
export const throwsError = () => { const e = new TypeError('bad thing'); e.code = 'E_BAD'; throw e; };
export const throwsText = () => { throw 'just text'; };
export const throwsFatal = () => { throw new FatalError('no use'); };
export const throwsFatalBecause = () => {
  try { throwsError(); } catch (cause) { throw new FatalError('no use', { cause }); }
};
export const throwsRetryable = () => { throw new RetryableError('later', { retryAfterMs: 1234 }); };
export const skips = (_, { skip }) => skip('nothing to do');
export const reads = ({ file }, ctx) => { ctx.metric('pid', process.pid); return readFile(file, 'utf8'); };
export const fails = (_, { fail }) => fail('broken');
export const bigint = () => ({ a: [1n] });
export const circular = () => { const a = {}; a.self = a; return { list: [a] }; };
export const date = () => ({ at: new Date(0) });
export const notANumber = () => ({ rows: [{ mean: NaN }] });
export const aFunction = () => ({ f: () => 1 });
export const proto = () => JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}');
export const large = () => 'é'.repeat(200000);
export const huge = () => 'x'.repeat(2000000);
export const lateRejection = () => { setTimeout(() => Promise.reject(new Error('too late')), 30); };
export const rejectsAside = async () => { Promise.reject(new Error('aside')); await wait(1000); };
export const throwsAside = async () => {
  setTimeout(() => { throw new Error('thrown aside'); }, 5);
  await wait(1000);
};
export const pause = async (inputs) => { await wait(inputs.ms); return process.pid; };
export const pid = () => process.pid;
export const aborts = () => process.abort();
export const exitsHard = () => process.reallyExit(5);
export const killsItself = () => process.kill(process.pid, 'SIGKILL');
export const objects = () => { const all = []; for (;;) all.push({ a: 'x'.repeat(100) + all.length }); };
export const buffers = async () => {
  const all = [];
  for (;;) { all.push(Buffer.alloc(16e6, 1)); await wait(5); }
};
export const spins = (_, { metric }) => { metric('pid', process.pid); for (;;); };
export const spinsFor = (inputs) => { const end = Date.now() + inputs.ms; while (Date.now() < end); };
export const ignores = async (_, { metric }) => {
  process.on('SIGTERM', () => {}); metric('pid', process.pid); for (;;) await wait(1000);
};
export const obeys = async (_, { signal, metric }) => {
  metric('pid', process.pid);
  await wait(60000, signal);
};
export const finishesAnyway = async (_, { signal, metric }) => {
  metric('pid', process.pid); await wait(60000, signal).catch(() => {}); return 'done';
};
export const startsChildren = async (_, { metric }) => {
  const child = spawn('sh', ['-c', 'sleep 300 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const text = await new Promise((resolve) => child.stdout.once('data', resolve));
  const apart = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
  metric('child', child.pid);
  metric('grandchild', Number(String(text)));
  metric('apart', apart.pid);
  metric('pid', process.pid);
  await wait(60000);
};
export const leavesChild = () => {
  const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' }); child.unref(); return child.pid;
};
export const tempFile = (_, ctx) => { writeFileSync(ctx.tempDir + '/a', 'x'); return ctx.tempDir; };
`;
