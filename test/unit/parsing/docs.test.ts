import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseProject } from '../../../core/parsing/parse-pool.ts';
import { linesOf, TempProject } from './temp-project.ts';

const root = resolve(import.meta.dirname, '../../..');
const page = await readFile(join(root, 'docs/authoring.md'), 'utf8');

/** The files that the page shows: code blocks whose first line names a path. */
const examples = Object.fromEntries(
  [...page.matchAll(/^```(?:ts|yaml) (\S+)\n(.*?)^```$/gms)].map(([, path, text]) => [
    path ?? '',
    text ?? '',
  ]),
);

describe('docs/authoring.md', () => {
  it('names a file for every example', () => {
    expect(Object.keys(examples).length).toBe([...page.matchAll(/^```(ts|yaml)/gm)].length);
    expect(Object.keys(examples)).toContain('dags/market_ts.ts');
  });

  it('shows DAGs that load', async () => {
    await using project = await TempProject.with(examples);
    const parsed = await parseProject({ projectDir: project.dir });
    expect(parsed.flatMap(linesOf)).toEqual([]);
    expect(parsed.flatMap(({ dags }) => dags.map((dag) => dag.spec.id))).toEqual(
      parsed.map(({ file }) => /(\w+)\.\w+$/.exec(file)?.[1]),
    );
  });

  it('shows code whose types fit', async () => {
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        paths: { orch: [join(root, 'core/authoring/index.ts')] },
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: ['dags', 'operators'],
    };
    const files = { 'tsconfig.json': JSON.stringify(config), 'package.json': '{"type":"module"}' };
    await using project = await TempProject.with({ ...examples, ...files });
    const tsc = join(root, 'node_modules/.bin/tsc');
    await expect(promisify(execFile)(tsc, ['-p', project.dir, '--pretty', 'false'])).resolves.toEqual({
      stdout: '',
      stderr: '',
    });
  }, 60_000);
});
