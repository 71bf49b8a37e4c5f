import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../../core/authoring/canonical.ts';
import { parseFile } from '../../../core/parsing/parse-file.ts';

const projectDir = resolve(import.meta.dirname, '../../..');
const yamls = readdirSync(join(projectDir, 'dags')).filter((name) => name.endsWith('.yaml'));

test.each(yamls)('%s and its TypeScript twin are the same graph, whose functions are there', async (name) => {
  const twinFile = `test/twins/${name.replace('.yaml', '.ts')}`;
  const [yaml, twin] = await Promise.all([
    parseFile({ projectDir, file: `dags/${name}` }),
    parseFile({ projectDir, file: twinFile, codeDir: 'dags' }),
  ]);
  expect([...yaml.diagnostics, ...twin.diagnostics]).toEqual([]);
  const [spec] = yaml.dags.map((one) => one.spec);
  expect(twin.dags[0]?.spec).toEqual(spec);
  expect(canonicalJson(twin.dags[0]?.spec)).toBe(canonicalJson(spec));
  expect(twin.dags[0]?.graphHash).toBe(yaml.dags[0]?.graphHash);
  expect(spec?.id).toBe(name.replace('.yaml', ''));
  expect(spec?.schedule).toHaveLength(1);
  for (const { action } of spec?.tasks ?? []) {
    if (action.kind !== 'function') continue;
    const [file = '', exported = ''] = action.ref.split('#');
    const module = (await import(join(projectDir, 'dags', file))) as Record<string, unknown>;
    expect(module[exported], file).toBeTypeOf('function');
  }
});
