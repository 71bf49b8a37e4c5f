import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compileDag } from '../../../../core/authoring/compile.ts';
import { loadYaml } from '../../../../core/authoring/load-yaml.ts';
import twin from '../../../twins/pipeline.ts';
import { PROJECT_DIR } from './fake-context.ts';

const text = readFileSync(join(PROJECT_DIR, 'dags/pipeline.yaml'), 'utf8');
const yaml = loadYaml(text, 'dags/pipeline.yaml');
const [document] = yaml.documents;
const nowhere = () => ({});
const fromYaml = compileDag(document?.author, { locate: document?.locate ?? nowhere });
const fromTwin = compileDag(twin.author, { locate: nowhere });

/** Text with sorted keys, so that equal graphs are equal bytes. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

test('both languages compile without a word', () => {
  expect([...yaml.diagnostics, ...fromYaml.diagnostics]).toEqual([]);
  expect([...twin.mistakes, ...fromTwin.diagnostics]).toEqual([]);
});

test('the YAML file and its TypeScript twin are the same graph', () => {
  expect(fromTwin.spec).toEqual(fromYaml.spec);
  expect(canonical(fromTwin.spec)).toBe(canonical(fromYaml.spec));
});

test('the graph is six stages per symbol and one comparison of whatever they gave', () => {
  const { spec } = fromYaml;
  expect(spec?.tasks.map((task) => [task.path, task.stage])).toEqual([
    ['symbol.collect', 'collect'],
    ['symbol.clean', 'clean'],
    ['symbol.store', 'store'],
    ['symbol.kline', 'kline'],
    ['symbol.backtest', 'backtest'],
    ['symbol.visualize', 'visualize'],
    ['compare', 'visualize'],
  ]);
  expect(spec?.fanOuts?.[0]?.returns).toBe('symbol.backtest');
  expect(spec?.tasks.at(-1)).toMatchObject({ triggerRule: 'all_done', needs: { results: 'symbol' } });
  expect(spec).toMatchObject({ maxActiveRuns: 1, schedule: [{ kind: 'cron', cron: '0 */4 * * *' }] });
  expect(spec?.catchup).toBeUndefined();
  for (const task of spec?.tasks ?? []) {
    expect(task.retries?.max).toBe(3);
    expect(task.retries?.delayMs ?? 300_000).toBe(300_000);
    expect(task.retries?.on).toContain('ECONNRESET');
    expect(task.critical).toBeUndefined();
  }
});

test('every task names a function that is there', async () => {
  for (const { action } of fromYaml.spec?.tasks ?? []) {
    const [file = '', name = ''] = (action.kind === 'function' ? action.ref : '').split('#');
    const module = (await import(join(PROJECT_DIR, 'dags', file))) as Record<string, unknown>;
    expect(module[name], file).toBeTypeOf('function');
  }
});
