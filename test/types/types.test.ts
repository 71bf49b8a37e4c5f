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

/** Compiles files the way a project does whose `orch` is this one; gives the lines of tsc. */
async function compile(files: Record<string, string>): Promise<string[]> {
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
    ['-p', folder, '--pretty', 'false'],
    { cwd: folder },
    (_, out) => done(out),
  );
  return (await promise).split('\n').filter((line) => /error TS/.test(line));
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
});
