import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { makeProject, normalized, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const DAG = `id: prices
params: { symbols: { type: array, items: { type: string }, default: [BTC, ETH] } }
tasks:
  list: { uses: "./prices/list.ts#list" }
  symbol:
    needs: [list]
    forEach:
      over: \${{ needs.list }}
      tasks:
        clean: { uses: "./prices/clean.ts#clean" }
  report: { run: 'echo report >> done.txt', after: [symbol.clean] }
`;
const said = (name: string, body: string): string => `import { appendFileSync } from 'node:fs';
import type { TaskContext } from 'orch';
export const ${name} = (_: unknown, ctx: TaskContext) => {
  appendFileSync(ctx.projectDir + '/done.txt', '${name} ' + (ctx.key ?? '-') + '\\n');
  ${body}
};
`;
const BROKEN = said('clean', "if (ctx.key === 'ETH') throw new Error('a bug');");
const FILES = {
  'dags/prices.yaml': DAG,
  'dags/prices/list.ts': said('list', 'return ctx.params.symbols;'),
  'dags/prices/clean.ts': BROKEN,
};

interface Project {
  readonly dir: string;
  readonly run: (...args: string[]) => ReturnType<typeof orch>;
  readonly write: (path: string, text: string) => void;
  readonly read: () => string;
  /** What tasks have done since it was last asked. */
  readonly done: () => string[];
}

function project(files: { readonly [path: string]: string } = FILES): Project {
  const dir = makeProject(files);
  const log = join(dir, 'done.txt');
  const read = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
  return {
    dir,
    run: (...args) => orch(['-C', dir, ...args]),
    write: (path, text) => writeFileSync(join(dir, path), text),
    read,
    done: () => {
      const lines = read().split('\n');
      writeFileSync(log, '');
      return lines.filter((line) => line !== '').sort();
    },
  };
}

async function versionOf({ run }: Project): Promise<unknown> {
  return (JSON.parse((await run('status', 'last', '--json')).stdout) as { version: unknown }).version;
}

describe('orch retry --latest', () => {
  test('runs what failed with the code as it is now; what had succeeded is not done again', async () => {
    const made = project();
    expect((await made.run('trigger', 'prices')).code).toBe(1);
    expect(made.done()).toEqual(['clean BTC', 'clean ETH', 'list -']);
    made.write('dags/prices/clean.ts', said('clean', ''));
    const pinned = await made.run('retry', 'last');
    expect(pinned.code).toBe(1);
    expect(pinned.stdout).toContain('a bug');
    expect([made.done(), await versionOf(made)]).toEqual([['clean ETH'], 1]);

    const preview = await made.run('retry', 'last', '--latest', '-n');
    expect(normalized(preview.stdout)).toBe(
      '2 tasks of run <run> would run again, with the newest version of the DAG\n' +
        '  ⇡ report\n  ✗ symbol[ETH].clean\n',
    );
    expect(await versionOf(made)).toBe(1);

    const mended = await made.run('retry', 'last', '--latest');
    expect([mended.code, mended.stderr]).toEqual([
      0,
      'The run goes on with version 2 of DAG prices; it had 1.\n',
    ]);
    expect([made.done(), await versionOf(made)]).toEqual([['clean ETH', 'report'], 2]);
    expect((await made.run('runs')).stdout).toMatch(/prices +success +2 /);
    const view = JSON.parse((await made.run('status', 'last', '--json')).stdout);
    expect(view.tasks.find((one: { key: string }) => one.key === 'ETH').attempts).toBe(3);

    const again = await made.run('retry', 'last', '--latest', '--task', 'report');
    expect([again.code, again.stderr]).toEqual([
      0,
      'Version 2 of DAG prices is the newest: the run has it already.\n',
    ]);
    expect((await made.run('doctor')).code).toBe(0);
  });

  test.each<[string, string, number, string]>([
    [
      'other tasks',
      DAG.replace('  report:', '  summary:'),
      5,
      'The run cannot go on with the newest version of DAG prices, because it has other tasks: ' +
        '+summary -report. Start a new run: orch trigger prices.\n',
    ],
    [
      'params that it does not have',
      DAG.replace('default: [BTC, ETH] }', 'minItems: 3 }'),
      3,
      'The params of the run do not fit the newest version of DAG prices: ',
    ],
    ['a mistake in its file', 'id: prices\n', 3, 'cannot be loaded in dags/prices.yaml'],
    ['a pool that does not exist', DAG.replace('report: { ', 'report: { pool: deep, '), 3, "'deep'"],
  ])('refuses a DAG with %s, and keeps the run as it is', async (_, dag, code, sentence) => {
    const made = project();
    await made.run('trigger', 'prices');
    made.done();
    made.write('dags/prices.yaml', dag);
    for (const more of [['-n'], []]) {
      if (sentence === "'deep'" && more.length > 0) continue;
      const refused = await made.run('retry', 'last', '--latest', ...more);
      expect([refused.code, refused.stdout]).toEqual([code, '']);
      expect(refused.stderr).toContain(sentence);
    }
    expect([made.done(), await versionOf(made)]).toEqual([[], 1]);
  });

  test('goes on with an interrupted run; lost attempts are made up for by the new code', async () => {
    const made = project({
      'dags/slow.yaml': `id: slow
tasks:
  first: { uses: "./slow/first.ts#first" }
  second: { uses: "./slow/second.ts#second", after: [first] }
`,
      'dags/slow/first.ts': said('first', ''),
      'dags/slow/second.ts': said('second', 'return new Promise(() => {});'),
    });
    const killed = startOrch(['-C', made.dir, 'trigger', 'slow', '--json']);
    await appears(made.dir, () => made.read().includes('second -\n'));
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(made.done()).toEqual(['first -', 'second -']);
    made.write('dags/slow/second.ts', said('second', ''));
    const mended = await made.run('retry', 'last', '--latest');
    expect([mended.code, mended.stdout]).toEqual([0, expect.stringContaining('resumed')]);
    expect(made.done()).toEqual(['second -']);
    expect(await versionOf(made)).toBe(2);
  });
});

/** Resolves once something is true that files in a folder decide. */
async function appears(dir: string, isThere: () => boolean): Promise<void> {
  if (isThere()) return;
  const watcher = watch(dir);
  await new Promise<void>((resolve) => {
    watcher.on('change', () => {
      if (isThere()) resolve();
    });
    if (isThere()) resolve();
  });
  watcher.close();
}
