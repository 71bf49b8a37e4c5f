import { expect, test } from 'vitest';
import type { DagSpec } from '../../../core/model/dag.ts';
import type { VersionNo } from '../../../core/model/ids.ts';
import type { IndexedDag } from '../../../core/scheduler/dag-index.ts';
import type { Declared } from '../../../core/scheduler/declared.ts';
import { type Look, ToldDags } from '../../../core/scheduler/told-dags.ts';
import type { DeclaredVersion } from '../../../core/scheduler/version-keeper.ts';
import type { DeclaredFilter, DeclaredRecord } from '../../../core/store/dag-reads.ts';

const CODE = { digest: 'code', files: {} };

function declared(id: string, graphHash = 'g1'): Declared {
  return { file: `dags/${id}.ts`, dag: { spec: { id }, graphHash, code: CODE, agenda: {} } };
}

function recordOf({ file, dag }: Declared, no: number, fields: Partial<DeclaredRecord> = {}): DeclaredRecord {
  const versionNo = no as VersionNo;
  return {
    ...{ dagId: dag.spec.id, file, versionNo, graphHash: dag.graphHash, codeHash: 'code', versionAt: 1 },
    ...{ decidedNo: null, eventNo: 0, paused: false, present: true, sinceAt: 1, cursorAt: 1 },
    spec: JSON.stringify({ v: 1, id: dag.spec.id, tasks: [] } satisfies DagSpec),
    ...fields,
  };
}

/** Tells of DAGs over a store that holds records; `happened` has what it asked and told. */
function teller(...records: DeclaredRecord[]) {
  const stored = new Map(records.map((record) => [record.dagId, record]));
  const happened: string[] = [];
  let saved = new Set<string>();
  const turn = (): void => void happened.push('turn');
  const dags = new ToldDags({
    store: {
      declaredDags: async (which: DeclaredFilter) => {
        happened.push('ids' in which ? `read ${which.ids.join(' ')}` : `read after '${which.afterId}'`);
        const all = [...stored.values()];
        return 'ids' in which
          ? all.filter(({ dagId }) => which.ids.includes(dagId))
          : all.filter(({ dagId }) => dagId > which.afterId);
      },
    } as never,
    versions: {
      hasCode: () => true,
      know: () => {},
      takeSaved: () => {
        const taken = saved;
        saved = new Set();
        return taken;
      },
      keepAll: async (all: readonly DeclaredVersion[]) =>
        all.map(({ file, dag }) => {
          happened.push(`stored ${dag.spec.id}`);
          const record = recordOf({ file, dag: dag as unknown as IndexedDag }, stored.size + 10);
          stored.set(record.dagId, record);
          return record;
        }),
    } as never,
    onSeen: ({ dagId }) => {
      happened.push(`seen ${dagId}`);
      queueMicrotask(turn);
    },
    onGone: (dagId) => happened.push(`gone ${dagId}`),
    onTidings: () => {},
  });
  return {
    happened,
    /** Somebody stores a version beside the looks. */
    store: (record: DeclaredRecord): void => {
      stored.set(record.dagId, record);
      saved.add(record.dagId);
    },
    tell: async (all: readonly Declared[], look: Partial<Look> = {}): Promise<string[]> => {
      happened.length = 0;
      await dags.tell(all, {
        parse: async (file) => ({ file, dags: all.map(({ dag }) => dag), diagnostics: [] }) as never,
        isBroken: () => false,
        pinned: new Set(),
        holds: () => true,
        onChanged: () => happened.push('changed'),
        isNews: true,
        ...look,
      });
      return happened.filter((one) => one !== 'turn');
    },
  };
}

const [A, B] = [declared('a'), declared('b')];

test('the leader is told of many DAGs in one turn', async () => {
  const { tell, happened } = teller(recordOf(A, 1), recordOf(B, 2));
  await tell([A, B, declared('c'), declared('d')]);
  expect(happened.filter((one) => !one.startsWith('read'))).toEqual([
    ...['seen a', 'seen b', 'turn', 'turn', 'stored c', 'stored d', 'seen c', 'seen d', 'turn', 'turn'],
  ]);
});

test('what may have changed is read of the store, once everything was looked at', async () => {
  const { tell, store } = teller(recordOf(A, 1), recordOf(B, 2));
  expect(await tell([A, B])).toEqual(["read after ''", 'seen a', 'seen b', "read after 'b'"]);
  expect(await tell([A, B])).toEqual([]);
  const changed = declared('a', 'g2');
  expect(await tell([changed])).toEqual(['read a b', 'stored a', 'read a', 'seen a', 'gone b']);
  expect(await tell([changed])).toEqual([]);
  store(recordOf(declared('asked-for'), 3));
  expect(await tell([changed])).toEqual(['read asked-for', 'gone asked-for']);
});

test.each<[string, Partial<Look>]>([
  ['did not hold to its end', { holds: () => false }],
  ['met a file that has changed since', { parse: async (file) => ({ file, dags: [], diagnostics: [] }) }],
])('all of the store is read again after a look that %s', async (_, look) => {
  const { tell } = teller(recordOf(A, 1), recordOf(B, 2));
  await tell([declared('a', 'g2')], look);
  expect(await tell([A])).toEqual(["read after ''", 'seen a', "read after 'b'", 'gone b']);
});
