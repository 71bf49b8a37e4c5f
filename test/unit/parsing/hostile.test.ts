import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isUnchanged } from '../../../core/parsing/code-snapshot.ts';
import { parseProject } from '../../../core/parsing/parse-pool.ts';
import { linesOf, TempProject } from './temp-project.ts';

const GOOD =
  "import { dag } from 'orch';\nexport default dag({ id: 'good' }, (d) => { d.task('a', () => 1); });\n";

/** A DAG file that is right but for `line`, which is its third line. */
function spoilt(line: string): string {
  const after = "export default dag({ id: 'x' }, (d) => {\n  d.task('a', () => 1);\n});\n";
  return `import { dag } from 'orch';\n\n${line}\n${after}`;
}

const HOSTILE: [name: string, text: string, line: RegExp][] = [
  ['process.exit', spoilt('process.exit(3);'), /^dags\/x\.ts:3:9 the file calls process\.exit\(3\)/],
  [
    'caught process.exit',
    spoilt('try { process.exit(); } catch {}'),
    /^dags\/x\.ts:3:15 the file calls process\.exit\(\)/,
  ],
  ['process.abort', spoilt('process.abort();'), /^dags\/x\.ts:3:9 the file calls process\.abort\(\)/],
  [
    'kill',
    spoilt("process.kill(process.pid, 'SIGKILL');"),
    /^dags\/x\.ts:3:9 the file calls process\.kill\(\)/,
  ],
  [
    'kill of orch, caught',
    spoilt("try { process.kill(process.ppid, 'SIGTERM'); } catch {}"),
    /^dags\/x\.ts:3:15 the file calls process\.kill\(\)/,
  ],
  ['throw', spoilt("throw new RangeError('boom');"), /^dags\/x\.ts:3:7 loading it failed: RangeError: boom/],
  ['throw of no error', spoilt('throw { code: 7 };'), /^dags\/x\.ts threw \{"code":7\}/],
  [
    'rejected import',
    spoilt("await Promise.reject(new Error('no'));"),
    /^dags\/x\.ts:3:22 loading it failed: Error: no/,
  ],
  [
    'floating rejection',
    spoilt("void Promise.reject(new Error('lost'));"),
    /^dags\/x\.ts:3:21 .*nobody handles: lost/,
  ],
  ['endless await', spoilt('await new Promise(() => {});'), /^dags\/x\.ts loading it never ends/],
  [
    'no default export',
    `import 'orch';\nexport const a = 1;\n`,
    /^dags\/x\.ts the file declares no DAG: it has no default export/,
  ],
  [
    'default export of something',
    'export default { id: "x" };\n',
    /^dags\/x\.ts .*default export is not what dag\(\) returns/,
  ],
  [
    'not deterministic',
    GOOD.replace("'a'", "`a${Math.random()}`.replace('.', '')"),
    /^dags\/x\.ts:2:\d+ the DAG differs from load to load/,
  ],
  [
    'clock',
    GOOD.replace("'good'", '`d${new Date().getFullYear()}`'),
    /^dags\/x\.ts:2:16 .*: id is "d\d{4}" and then "d\d{4}"/,
  ],
  ['syntax', spoilt('const a: = 1;'), /^dags\/x\.ts:3:10 /],
  [
    'open brace',
    `import { dag } from 'orch';\nexport default dag({ id: 'x' }, (d) => {\n`,
    /^dags\/x\.ts:\d+:\d+ /,
  ],
  [
    'enum',
    spoilt('enum Color { Red }'),
    /^dags\/x\.ts:3:1 TypeScript enum is not supported.*types are only stripped/,
  ],
  [
    'parameter property',
    spoilt('class A { constructor(private a: number) {} }'),
    /^dags\/x\.ts:3:31 TypeScript parameter property/,
  ],
  [
    'name declared twice',
    spoilt('const a = 1; const a = 2;'),
    /^dags\/x\.ts:3:20 Identifier 'a' has already been declared/,
  ],
  [
    'writes to the answer pipe',
    spoilt(
      "import { dag as d2 } from 'orch'; process.getBuiltinModule('fs').writeSync(3, '{\"dags\":[]}\\n');",
    ),
    /^dags\/x\.ts the file wrote to the pipe/,
  ],
  [
    'takes the answer pipe away',
    spoilt("process.getBuiltinModule('fs').closeSync(3);"),
    /^dags\/x\.ts loading it ended its process/,
  ],
  [
    'npm import',
    spoilt("import 'left-pad';"),
    /^dags\/x\.ts:3:9 a DAG file imports only 'orch' and files, not 'left-pad'/,
  ],
  ['module of Node', spoilt("import fs from 'node:fs';"), /^dags\/x\.ts:3:17 .*not 'node:fs'/],
  [
    'file outside of dags',
    spoilt("import '../secret.ts';"),
    /^dags\/x\.ts:3:9 a DAG file imports only files under 'dags\/', not 'secret\.ts'/,
  ],
  ['missing file', spoilt("import './x/nope.ts';"), /^dags\/x\.ts:3:9 there is no file 'dags\/x\/nope\.ts'/],
  [
    'missing extension',
    spoilt("import './other';"),
    /^dags\/x\.ts:3:9 there is no file 'dags\/other' \(imports name the whole file: write '\.ts'/,
  ],
  [
    'missing export',
    spoilt("import { nope } from './other.ts';"),
    /^dags\/x\.ts:3:10 .*does not provide an export named 'nope'/,
  ],
  ['proto as id', GOOD.replace("'a'", "'__proto__'"), /^dags\/x\.ts:2:\d+ .*__proto__/],
  [
    'handle as text',
    spoilt("dag({ id: 'y' }, (d) => { const a = d.task('a', () => 1); d.task(`${a}`, () => 1); });"),
    /^dags\/x\.ts:3:\d+ task 'a' has no value while the DAG is built/,
  ],
];

describe('a hostile TypeScript file costs one line', () => {
  it.each(HOSTILE)('%s', async (_, text, line) => {
    await using project = await TempProject.with({
      'dags/x.ts': text,
      'dags/other.ts': 'export const other = 1;\n',
      'secret.ts': 'export const secret = 1;\n',
    });
    const parsed = await project.parse('dags/x.ts');
    expect(parsed.dags).toEqual([]);
    expect(linesOf(parsed)).toEqual([expect.stringMatching(line)]);
  });

  it('endless loop, also of a process that it starts', async () => {
    const mark = `orch-test-${randomUUID()}`;
    const args = `['-e', 'for(;;);', '${mark}']`;
    const start = `process.getBuiltinModule('child_process').spawn(process.execPath, ${args});`;
    await using project = await TempProject.with({ 'dags/x.ts': spoilt(`${start} for (;;);`) });
    const parsed = await project.parse('dags/x.ts', { limits: { cpuMs: 1_500 } });
    expect(linesOf(parsed)).toEqual([
      'dags/x.ts loading it took more than 1.5 s of CPU time: an endless loop, or work outside of tasks? ' +
        '(files that need more: scheduler.loadCpu in airflow.yaml)',
    ]);
    await expect.poll(() => processesWith(mark), { timeout: 5_000 }).toEqual([]);
  });

  it.each([
    ['sleep', 'await new Promise((settle) => setTimeout(settle, 3_600_000));'],
    ['sleep that stops its loop', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);'],
  ])('%s', async (_, line) => {
    await using project = await TempProject.with({ 'dags/x.ts': spoilt(line) });
    const parsed = await project.parse('dags/x.ts', { limits: { waitMs: 800 } });
    expect(linesOf(parsed)).toEqual([
      'dags/x.ts loading it waited for more than 0.8 s: for a server or a timer? ' +
        '(a DAG file must not wait: let a task do it)',
    ]);
  });

  it.each([
    ['memory of the heap', 'const a: unknown[] = []; for (;;) a.push([1, 2]);'],
    ['memory beside the heap', 'const a: unknown[] = []; for (;;) a.push(new Uint8Array(4e6).fill(1));'],
  ])('%s', async (_, line) => {
    await using project = await TempProject.with({ 'dags/x.ts': spoilt(line) });
    const parsed = await project.parse('dags/x.ts', { limits: { memoryMb: 64 } });
    expect(linesOf(parsed)).toEqual([
      'dags/x.ts loading it needs more than 64 MB of memory ' +
        '(files that need more: scheduler.loadMemoryMb in airflow.yaml)',
    ]);
  });

  it('an answer that is too large', async () => {
    const many = GOOD.replace(
      "d.task('a', () => 1)",
      'for (let i = 0; i < 2000; i++) d.task(`t${i}`, () => 1)',
    );
    await using project = await TempProject.with({ 'dags/x.ts': many });
    const parsed = await project.parse('dags/x.ts', { limits: { answerBytesMax: 0.1 * 1024 * 1024 } });
    expect(linesOf(parsed)).toEqual(['dags/x.ts its graph is larger than 0.1 MiB']);
    expect((await project.parse('dags/x.ts')).dags[0]?.spec.tasks).toHaveLength(2000);
  });

  it('printing and timers do no harm', async () => {
    const noise =
      "setInterval(() => {}, 1000); console.log('x'.repeat(1e6)); console.error('y'.repeat(1e6));";
    await using project = await TempProject.with({ 'dags/x.ts': spoilt(noise) });
    const parsed = await project.parse('dags/x.ts');
    expect(parsed).toMatchObject({ dags: [{ spec: { id: 'x' } }], diagnostics: [] });
  });

  it('sees none of the secrets of this process', async () => {
    process.env.ORCH_TEST_SECRET = 'canary';
    const text =
      "import { dag } from 'orch';\nconst tags = [Object.keys(process.env).sort().join(' ')];\n" +
      "export default dag({ id: 'x', tags }, (d) => { d.task('a', () => 1); });\n";
    await using project = await TempProject.with({ 'dags/x.ts': text });
    const parsed = await project.parse('dags/x.ts');
    delete process.env.ORCH_TEST_SECRET;
    const names = parsed.dags[0]?.spec.tags?.[0]?.split(' ') ?? [];
    expect(names).toContain('PATH');
    for (const name of names) expect(name).toMatch(/^(PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|PWD|OLDPWD|SHLVL|_)$/);
  });
});

describe('a hostile YAML file costs one line', () => {
  it('100 MB', async () => {
    await using project = await TempProject.with({ 'dags/x.yaml': 'id: x\n#' });
    await truncate(join(project.dir, 'dags/x.yaml'), 100 * 1024 * 1024);
    const parsed = await project.parse('dags/x.yaml');
    expect(linesOf(parsed)).toEqual(['dags/x.yaml the file has 100.0 MiB: at most 16.0 MiB are allowed']);
  });

  it('200,000 keys in one mapping', async () => {
    // Tasks that say nothing: the mapping is found too large before anything in it is looked at.
    const keys = Array.from({ length: 200_000 }, (_, index) => `  k${index}:`).join('\n');
    await using project = await TempProject.with({ 'dags/x.yaml': `id: x\ntasks:\n${keys}\n` });
    const parsed = await project.parse('dags/x.yaml');
    expect(linesOf(parsed)).toEqual([
      'dags/x.yaml:150003:3 a mapping with 200000 keys: at most 150000 are allowed',
    ]);
  }, 90_000);

  it('a billion laughs', async () => {
    const lines = ['id: x', 'a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]'];
    for (let at = 1; at < 10; at++)
      lines.push(
        `a${at}: &a${at} [${Array(9)
          .fill(`*a${at - 1}`)
          .join(', ')}]`,
      );
    await using project = await TempProject.with({ 'dags/x.yaml': lines.join('\n') });
    expect(linesOf(await project.parse('dags/x.yaml'))).toEqual([
      expect.stringContaining('stand for more than 10000 values'),
    ]);
  });

  it('__proto__ as a key', async () => {
    const text = 'id: x\ntasks:\n  __proto__: { run: x }\n  constructor: { run: x }\n';
    await using project = await TempProject.with({ 'dags/x.yaml': text });
    expect(linesOf(await project.parse('dags/x.yaml'))).toEqual([
      expect.stringMatching(/^dags\/x\.yaml:3:3 .*__proto__/),
    ]);
  });

  it.each([
    ['bytes that are no text', Buffer.from([0, 255, 254, 0, 7]), 1],
    ['another encoding', Buffer.from('id: x\ntasks:\n  a: { run: echo für }\n', 'latin1'), 3],
    ['two bytes a letter', Buffer.from('\ufeffid: x\n', 'utf16le'), 1],
  ])('%s', async (_name, content, line) => {
    await using project = await TempProject.with({ 'dags/x.yaml': '' });
    await writeFile(join(project.dir, 'dags/x.yaml'), content);
    const parsed = await project.parse('dags/x.yaml');
    expect(linesOf(parsed)).toEqual([
      `dags/x.yaml:${line}:1 the file is not text in UTF-8 (save it in the encoding UTF-8)`,
    ]);
  });
});

describe('a project', () => {
  it('loses only the files that are wrong', async () => {
    await using project = await TempProject.with({
      'dags/a.ts': spoilt('process.exit(0);'),
      'dags/b.ts': GOOD,
      'dags/c.yaml': 'id: c\ntasks: { a: { run: x } }\n',
      'dags/d.yaml': 'id: c\ntasks: { a: { run: x } }\n',
      'dags/e.yaml': 'id: [',
      'dags/b/functions.ts': 'export const x = 1;\n',
      'dags/types.d.ts': '',
      'dags/_notes.yaml': 'not a DAG',
      'dags/README.md': '',
    });
    const parsed = await parseProject({ projectDir: project.dir });
    expect(parsed.map(({ file, dags }) => [file, dags.map((dag) => dag.spec.id)])).toEqual([
      ['dags/a.ts', []],
      ['dags/b.ts', ['good']],
      ['dags/c.yaml', ['c']],
      ['dags/d.yaml', []],
      ['dags/e.yaml', []],
    ]);
    expect(linesOf(parsed[3] as never)).toEqual([
      "dags/d.yaml:1:1 DAG 'c' is declared in dags/c.yaml too: ids are unique in a project",
    ]);
  });

  it('without dags has no files, and a file that is not there is a line', async () => {
    await using project = await TempProject.with({});
    expect(await parseProject({ projectDir: project.dir })).toEqual([]);
    expect(linesOf(await project.parse('dags/nope.ts'))).toEqual(['dags/nope.ts there is no such file']);
  });

  it('reads links to files, and nothing that is no regular file', async () => {
    await using project = await TempProject.with({
      'elsewhere/x.yaml': 'id: x\ntasks: { a: { run: "true" } }\n',
      'dags/line\nbreak.yaml': 'id: y\ntasks: { a: { run: "true" } }\n',
    });
    const at = (name: string) => join(project.dir, 'dags', name);
    symlinkSync('../elsewhere/x.yaml', at('link.yaml'));
    symlinkSync('/dev/zero', at('device.yaml'));
    symlinkSync('circle.yaml', at('circle.yaml'));
    symlinkSync('gone.yaml', at('dangling.yaml'));
    symlinkSync('../elsewhere', at('folder.yaml'));
    execFileSync('mkfifo', [at('pipe.yaml')]);
    const parsed = await parseProject({ projectDir: project.dir });
    expect(parsed.flatMap(({ dags }) => dags.map(({ spec }) => spec.id))).toEqual(['y', 'x']);
    expect(parsed.flatMap(linesOf)).toEqual([
      'dags/circle.yaml it is not read: it is a link that leads back to itself',
      "dags/dangling.yaml it is not read: it is a link to 'gone.yaml', which does not exist",
      'dags/device.yaml it is not read: it leads to a device, not a file',
      'dags/folder.yaml it is not read: it leads to a folder, not a file',
      'dags/pipe.yaml it is not read: it is a named pipe, not a file',
    ]);
  });

  it('does not wait for a file that has become a pipe', async () => {
    await using project = await TempProject.with({ 'dags/x.yaml': 'id: x\ntasks: { a: { run: "true" } }\n' });
    const [dag] = (await project.parse('dags/x.yaml')).dags;
    const path = join(project.dir, 'dags/x.yaml');
    rmSync(path);
    execFileSync('mkfifo', [path]);
    expect(dag && isUnchanged(project.dir, [dag.code])).toBe(false);
  });

  it('can be stopped', async () => {
    await using project = await TempProject.with({ 'dags/x.ts': spoilt('for (;;);') });
    const parsed = await project.parse('dags/x.ts', { signal: AbortSignal.timeout(300) });
    expect(linesOf(parsed)).toEqual(['dags/x.ts the evaluation was stopped']);
  });
});

/** Processes of this machine with `mark` in their command line, where the system shows them. */
function processesWith(mark: string): string[] {
  if (!existsSync('/proc/self/cmdline')) return [];
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      return readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes(mark);
    } catch {
      return false;
    }
  });
}
