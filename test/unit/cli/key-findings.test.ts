import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { keyFindings } from '../../../cli/key-findings.ts';
import { variableRecord } from '../../../core/secrets/keep-values.ts';
import { KeyRing } from '../../../core/secrets/key-ring.ts';

let path: string;
let keys: KeyRing;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'orch-keys-'));
  keys = new KeyRing({ path });
});

const sealed = (name: string, by = keys) =>
  variableRecord({ keys: by }, { name, value: `secret of ${name}`, secret: true }, { by: 'ann', at: 1 });
const findingsOf = async (records: readonly ReturnType<typeof sealed>[], by = keys) => {
  const rows = (all: typeof records) => ({ all: async () => all });
  const store = { variables: rows(records), connections: rows([]) } as never;
  const found = await keyFindings({ store, keys: by });
  expect(JSON.stringify(found)).not.toContain('secret of');
  return found.map(({ level, text }) => `${level}: ${text}`);
};

test('values that can be decrypted, or none, are fine', async () => {
  expect(await findingsOf([])).toEqual(['ok: no variable or connection is stored']);
  expect(await findingsOf([sealed('a'), sealed('b')])).toEqual(['ok: 2 stored values, all can be decrypted']);
});

test('a key that is missing is named with what needs it', async () => {
  const records = ['a', 'b', 'c', 'd'].map((name) => sealed(name));
  const other = new KeyRing({ path: mkdtempSync(join(tmpdir(), 'orch-keys-')) });
  const mine = sealed('mine', other);
  const [found, ...more] = await findingsOf([...records, mine], other);
  expect(found).toMatch(
    /^problem: key \w+, which has encrypted variable a, variable b, variable c and 1 more, is not in/,
  );
  expect(more).toEqual([]);
});

test('a value that was changed past orch is told, and keys that are none', async () => {
  const record = sealed('a');
  expect(await findingsOf([{ ...record, name: 'b' }])).toEqual([
    'problem: what is stored of variable b was changed past orch and does not decrypt',
  ]);
  const wrong = new KeyRing({ path, encryptionKey: 'short' });
  expect(await findingsOf([record], wrong)).toEqual([
    expect.stringMatching(/^problem: key 1 of ORCH__STORE__ENCRYPTION_KEY must be .*: 1 stored value cannot/),
  ]);
  const none = new KeyRing({ path, encryptionKeyFile: join(path, 'gone') });
  expect(await findingsOf([], none)).toEqual([expect.stringContaining('is not there')]);
});

test.each([
  [0o640, 'warning', 'its group'],
  [0o604, 'problem', 'every user of this machine'],
])('a file of keys with mode %o is a %s', async (mode, level, who) => {
  const record = sealed('a');
  chmodSync(join(path, 'encryption.key'), mode);
  expect(await findingsOf([record])).toEqual([expect.stringMatching(`^${level}: .* by ${who}`)]);
});
