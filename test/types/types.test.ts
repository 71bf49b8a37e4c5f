import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const examples = (await readdir(import.meta.dirname)).filter((file) => !file.endsWith('.test.ts'));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orch-types-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Compiles files the way a project does whose `orch` is this one; gives the lines of tsc with errors. */
async function compile(files: Record<string, string>): Promise<string[]> {
  return (await linesOf(files)).filter((line) => /error TS/.test(line));
}

async function linesOf(files: Record<string, string>, ...flags: string[]): Promise<string[]> {
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      paths: { orch: [join(root, 'core/authoring/index.ts')] },
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: Object.keys(files),
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const { promise, resolve: done } = Promise.withResolvers<string>();
  execFile(
    join(root, 'node_modules/.bin/tsc'),
    ['-p', folder, '--pretty', 'false', ...flags],
    { cwd: folder },
    (_, out) => done(out),
  );
  return (await promise).split('\n');
}

async function textOf(file: string): Promise<string> {
  return readFile(join(import.meta.dirname, file), 'utf8');
}

describe('types of the authoring API', () => {
  it('accept the examples and refuse every marked mistake', async () => {
    const files = await Promise.all(examples.map(async (file) => [file, await textOf(file)] as const));
    expect(examples).toContain('mistakes.ts');
    expect(await compile(Object.fromEntries(files))).toEqual([]);
  }, 60_000);

  it('say what is wrong with each of the five mistakes', async () => {
    const text = (await textOf('mistakes.ts')).replaceAll(/\/\/ @ts-expect-error/g, '//');
    const errors = await compile({ 'unmarked.ts': text });
    const found = errors.map((line) => line.replace(/^.*?error /, ''));
    expect(found).toEqual([
      expect.stringMatching(/^TS2551: Property 'paths' does not exist .* Did you mean 'path'\?/),
      expect.stringMatching(/^TS2345: .*"agressive".* not assignable to .*"aggressive" \| "defensive"/),
      expect.stringMatching(/^TS18048: 'raw' is possibly 'undefined'/),
      expect.stringMatching(/^TS2820: .*"all_dones".* Did you mean '"all_done"'\?/),
      expect.stringMatching(/^TS2322: Type '"5 minutes"' is not assignable to type 'Duration'/),
    ]);
  }, 60_000);

  it('cost the compiler little, in a chain of many tasks that hand on what they get as well', async () => {
    const files = await Promise.all(examples.map(async (file) => [file, await textOf(file)] as const));
    const all = { ...Object.fromEntries(files), 'chain.ts': chainOf(120) };
    // What several threads count depends on which one takes which file.
    const lines = await linesOf(all, '--singleThreaded', '--extendedDiagnostics');
    expect(lines.filter((line) => /error TS/.test(line))).toEqual([]);
    const count = Number(/^Instantiations: +(\d+)$/m.exec(lines.join('\n'))?.[1]);
    // It is 48 000; when types are compared that need not be, it is a million, or the chain is an error.
    expect(count).toBeLessThan(60_000);
  }, 60_000);
});

/** A DAG of tasks in a row that hand on what the first one gives. */
function chainOf(length: number): string {
  const tasks = Array.from({ length }, (_, i) => {
    const options = `{ needs: { last: t${i}, symbols: d.params.symbols } }`;
    const run = '({ last, symbols }) => ({ n: last.n + symbols.length, rows: last.rows })';
    return `const t${i + 1} = d.task('t${i + 1}', ${options}, ${run});`;
  });
  return `import { dag, Type } from 'orch';
const params = Type.Object({ symbols: Type.Array(Type.String()) });
export default dag({ id: 'chain', params }, (d) => {
const t0 = d.task('t0', () => ({ n: 0, rows: [{ at: new Date(0), close: 1 }] }));
${tasks.join('\n')}
d.task('end', { needs: { t${length} } }, ({ t${length}: last }) => last.rows[0]?.at.length);
});
`;
}
