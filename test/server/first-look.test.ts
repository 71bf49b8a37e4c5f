import { expect, test } from 'vitest';
import type { DagRecord, Store } from '../../core/store/store.ts';
import { Access } from '../../server/access.ts';
import { FirstLook } from '../../server/first-look.ts';
import { LOCAL_USER } from '../../server/principal.ts';

const NEVER = 0;

/** A store that comes to know a DAG. */
function storeOf(known: Set<string>): Store {
  return { dag: async (dagId: string) => (known.has(dagId) ? ({ dagId } as DagRecord) : null) } as Store;
}

test('a DAG whose file is not read yet is waited for', async () => {
  const known = new Set<string>();
  const firstLook = new FirstLook();
  const access = new Access({ store: storeOf(known), firstLook }, LOCAL_USER, 'viewer');
  const [asked, other] = [access.dag('etl'), access.dag('none').catch((error: unknown) => error)];
  known.add('etl');
  firstLook.end();
  expect(await asked).toEqual({ dagId: 'etl' });
  expect(await other).toMatchObject({ code: 'not_found' });
  await expect(access.dag('none')).rejects.toMatchObject({ code: 'not_found' });
});

test('a look that takes long is said, and not waited for', async () => {
  await expect(new FirstLook().passed(NEVER)).rejects.toMatchObject({ code: 'unavailable' });
});
