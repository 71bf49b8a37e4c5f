import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunView } from '../../core/store/run-view.ts';
import { type Opened, tempProject, triggerRequest } from './temp-project.ts';

const DAG = `id: prices
params:
  symbols: { type: array, items: { type: string }, default: [BTC, ETH] }
  note: { type: string, default: x }
tasks:
  symbol:
    forEach:
      over: \${{ params.symbols }}
      returns: count
      tasks:
        collect: { uses: './prices/collect.ts#collect', cache: true }
        count:
          run: 'echo count >> done.txt; printf "rows=%s\\n" "$SECRET" >> "$ORCH_OUTPUT"'
          needs: { RAW: collect }
          env: { SECRET: hunter2 }
          cache: TTL
  upper: { uses: './prices/upper.ts#upper', with: { note: '\${{ params.note }}' }, cache: true }
`;
const said = (name: string, returns: string): string => `import { appendFileSync } from 'node:fs';
export const ${name} = async (inputs, ctx) => {
  appendFileSync(ctx.projectDir + '/done.txt', '${name}\\n');
  await ctx.artifact('note.txt', 'made by ' + ctx.run.id);
  return ${returns};
};
`;
const files = (ttl = 'true') => ({
  'dags/prices.yaml': DAG.replace('TTL', ttl),
  'dags/prices/collect.ts': `import { deep } from './deep.ts';\n${said('collect', 'deep + ctx.key')}`,
  'dags/prices/deep.ts': "export const deep = 'one ';\n",
  'dags/prices/upper.ts': said('upper', "'u'.repeat(400000)"),
});

/** What tasks have done since it was last asked, in order of their names. */
function doneIn(dir: string): string[] {
  const path = join(dir, 'done.txt');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').sort() : [];
  rmSync(path, { force: true });
  return lines;
}

const codesOf = (view: RunView): string[] => [
  ...new Set(view.tasks.map(({ because }) => because?.code ?? '')),
];
const asksOf = async ({ project }: Opened, { run }: RunView) =>
  [...(await project.store.cacheAsks(run.runNo)).values()].map(({ because }) => because.text);

describe('a cached DAG', () => {
  test('is not run a second time: outputs, large ones too, and artifacts are the first ones', async () => {
    await using made = tempProject(files());
    await using orch = await made.open();
    const first = await orch.run('prices');
    expect(doneIn(made.dir)).toEqual(['collect', 'collect', 'count', 'count', 'upper']);
    const second = await orch.run('prices');
    expect(second.run.state).toBe('success');
    expect([doneIn(made.dir), codesOf(second)]).toEqual([[], ['cache_hit']]);
    expect(second.tasks[0]?.because?.text).toBe(`Taken from the cache of run ${first.run.uid}.`);
    const { store } = orch.project;
    expect(await store.outputs(second.run.runNo)).toEqual(await store.outputs(first.run.runNo));
    const artifacts = await store.artifacts(second.run.runNo);
    expect(artifacts).toEqual(await store.artifacts(first.run.runNo));
    expect(artifacts).toHaveLength(3);
    expect((await store.attempts(second.run.runNo, second.tasks[0]?.nodeNo ?? (0 as never))).length).toBe(0);
  });

  test('does again what an edit of a nested import, a param or an output changes, no more', async () => {
    await using made = tempProject(files());
    await using orch = await made.open();
    await orch.run('prices');
    doneIn(made.dir);
    made.write({ 'dags/prices/upper.ts': `// a comment\n${files()['dags/prices/upper.ts']}` });
    await orch.run('prices');
    expect(doneIn(made.dir)).toEqual(['upper']);
    made.write({ 'dags/prices/deep.ts': "export const deep = 'two ';\n" });
    const edited = await orch.run('prices');
    expect(doneIn(made.dir)).toEqual(['collect', 'collect', 'count', 'count']);
    expect(await asksOf(orch, edited)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/since run \S+ this has changed: code\.$/),
        expect.stringMatching(/since run \S+ this has changed: input RAW\.$/),
      ]),
    );
    await orch.run('prices', { params: { note: 'y' } });
    expect(doneIn(made.dir)).toEqual(['collect', 'collect', 'upper']);
    const one = await orch.run('prices', { params: { symbols: ['BTC', 'SOL'], note: 'y' } });
    // A function may read all params; a command has what it is given only.
    expect(doneIn(made.dir)).toEqual(['collect', 'collect', 'count', 'upper']);
    expect(await asksOf(orch, one)).toContain('Not from the cache: it has no earlier success there.');
  });

  test('does again what is older than its ttl', async () => {
    await using made = tempProject(files('{ ttl: 1 }'));
    await using orch = await made.open();
    await orch.run('prices');
    doneIn(made.dir);
    const second = await orch.run('prices');
    expect(doneIn(made.dir)).toEqual(['count', 'count']);
    expect(await asksOf(orch, second)).toEqual([
      expect.stringContaining('is older than its ttl'),
      expect.stringContaining('is older than its ttl'),
    ]);
  });

  test('is run when it is asked to be, and that is kept; no value is in the cache but outputs', async () => {
    await using made = tempProject(files());
    await using orch = await made.open();
    const first = await orch.run('prices');
    doneIn(made.dir);
    const asked = await orch.session.ask({ ...triggerRequest('prices'), noCache: true } as never);
    if (!asked.ok) throw new Error(asked.message);
    const again = await orch.finish((asked.value as { runNo: never }).runNo);
    expect([doneIn(made.dir).length, codesOf(again)]).toEqual([5, ['succeeded']]);
    const third = await orch.run('prices');
    expect(third.tasks[0]?.because).toMatchObject({ code: 'cache_hit', run: again.run.uid });
    expect(first.run.uid).not.toBe(again.run.uid);
    const all = [...(await orch.project.store.cacheAsks(first.run.runNo)).values()];
    expect(all).toHaveLength(5);
    expect(JSON.stringify(all)).not.toContain('hunter2');
  });

  test('runs where a kept file is gone, and where its code cannot be told', async () => {
    await using made = tempProject(files());
    await using orch = await made.open();
    await orch.run('prices');
    doneIn(made.dir);
    rmSync(join(orch.project.stateDir, 'outputs'), { recursive: true });
    const gone = await orch.run('prices');
    expect(doneIn(made.dir)).toEqual(['upper']);
    expect(await asksOf(orch, gone)).toEqual([expect.stringMatching(/gave is gone: its output\.$/)]);
    const hidden = "const name = './deep.ts';\nexport const { deep } = await import(name);\n";
    made.write({
      'dags/prices/collect.ts': files()['dags/prices/collect.ts'].replace('./deep.ts', './hidden.ts'),
    });
    writeFileSync(join(made.dir, 'dags/prices/hidden.ts'), hidden);
    await orch.run('prices', { scope: { until: ['collect'] } });
    doneIn(made.dir);
    const refused = await orch.run('prices', { scope: { until: ['collect'] } });
    expect(codesOf(refused)).not.toContain('cache_hit');
    expect((await asksOf(orch, refused))[0]).toContain(
      'dags/prices/hidden.ts imports a module whose name is known only when it runs',
    );
  });
});
