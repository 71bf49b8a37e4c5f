import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ValueRecord } from '../../../core/model/variable.ts';
import { GivenValues, ToldKeys } from '../../../core/secrets/given-values.ts';
import { rotateValues } from '../../../core/secrets/keep-values.ts';
import { KeyRing } from '../../../core/secrets/key-ring.ts';
import { openValue, sealValue } from '../../../core/secrets/seal.ts';
import type { SealedRows } from '../../../core/store/sealed-rows.ts';

const PLACE = { of: 'variable', name: 'a', kind: 'secret' } as const;
const key = { id: 'k', key: createSecretKey(randomBytes(32)) };

describe('a sealed value', () => {
  test('opens with its key, holds nothing of the value, and is never the same twice', () => {
    const [one, two] = [sealValue(key, PLACE, 'canary é'), sealValue(key, PLACE, 'canary é')];
    expect([one, two].map((sealed) => openValue(key.key, sealed))).toEqual(['canary é', 'canary é']);
    expect(one.sealed).not.toBe(two.sealed);
    expect(Buffer.from(one.sealed, 'base64').toString('latin1')).not.toContain('canary');
  });

  test('does not open with another key', () => {
    expect(openValue(createSecretKey(randomBytes(32)), sealValue(key, PLACE, 'canary'))).toBeNull();
  });

  test('does not open when any byte of it was changed, or bytes are missing', () => {
    const sealed = sealValue(key, PLACE, 'canary');
    const bytes = Buffer.from(sealed.sealed, 'base64');
    for (let at = 0; at < bytes.length; at++) {
      const other = Buffer.from(bytes);
      other[at] = (other[at] ?? 0) ^ 1;
      expect(openValue(key.key, { ...sealed, sealed: other.toString('base64') }), `byte ${at}`).toBeNull();
    }
    for (const length of [0, 12, 27, bytes.length - 1])
      expect(
        openValue(key.key, { ...sealed, sealed: bytes.subarray(0, length).toString('base64') }),
      ).toBeNull();
  });

  test.each([
    ['name', { name: 'b' }],
    ['kind', { kind: 'plain' }],
    ['table', { of: 'connection' }],
  ] as const)('does not open in a row of another %s', (_, other) => {
    expect(openValue(key.key, { ...sealValue(key, PLACE, 'canary'), ...other })).toBeNull();
  });

  test('opens where a task runs, or is one sentence that names the variable', () => {
    const keys = new ToldKeys();
    const sealed = sealValue(key, PLACE, 'canary');
    expect(new GivenValues([sealed], keys).problem).toMatch(/^variable 'a' cannot be decrypted with key k/);
    keys.add('k', key.key.export().toString('base64'));
    const values = new GivenValues([sealed], keys);
    expect([values.problem, values.variable('a'), values.secrets]).toEqual([null, 'canary', ['canary']]);
    expect(() => values.variable('b')).toThrow(
      "the task does not declare variable 'b': add it to its 'variables'",
    );
    expect(() => values.connection('a')).toThrow("does not declare connection 'a'");
  });
});

describe('the keys', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'orch-keys-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const text = () => randomBytes(32).toString('base64');

  test('are a file of its owner alone, made on first use', () => {
    const ring = new KeyRing({ path: dir });
    const sealed = ring.seal(PLACE, 'canary');
    expect(statSync(join(dir, 'encryption.key')).mode & 0o777).toBe(0o600);
    expect(new KeyRing({ path: dir }).open(sealed)).toBe('canary');
    expect(readFileSync(join(dir, 'encryption.key'), 'utf8')).not.toContain('canary');
  });

  test('come from the config or a file of their own, in base64 or hexadecimal', () => {
    const bytes = randomBytes(32);
    const file = join(dir, 'keys');
    writeFileSync(file, `${bytes.toString('hex')}\n`);
    const sealed = new KeyRing({ path: dir, encryptionKey: bytes.toString('base64') }).seal(PLACE, 'canary');
    expect(new KeyRing({ path: dir, encryptionKeyFile: file }).open(sealed)).toBe('canary');
  });

  test('that are missing or wrong are one sentence that names value and variable', () => {
    const sealed = new KeyRing({ path: dir, encryptionKey: text() }).seal(PLACE, 'canary');
    const problem = (place: object) => new KeyRing({ path: dir, ...place }).problemOf(sealed);
    expect(problem({ encryptionKey: text() })).toMatch(
      /^variable 'a' was encrypted with key [0-9a-f]{8}, which ORCH__STORE__ENCRYPTION_KEY does not have/,
    );
    expect(problem({ encryptionKey: 'short' })).toBe(
      "variable 'a' cannot be decrypted: key 1 of ORCH__STORE__ENCRYPTION_KEY must be 32 bytes in base64 " +
        "or hexadecimal, as 'openssl rand -base64 32' makes them",
    );
    const file = join(dir, 'none');
    expect(problem({ encryptionKeyFile: file })).toBe(
      `variable 'a' cannot be decrypted: the file of keys ${file} is not there`,
    );
    expect(problem({})).toMatch(/which the file .*encryption\.key does not have/);
  });

  test('rotate: the first encrypts, all decrypt, and one that is gone harms only its values', async () => {
    const [old, lost, fresh] = [text(), text(), text()];
    const stored = (encryptionKey: string, name: string): ValueRecord => ({
      ...new KeyRing({ path: dir, encryptionKey }).seal({ ...PLACE, name }, `canary ${name}`),
      ...{ revision: 'r', changedAt: 1, changedBy: 'ann' },
    });
    const rows = new Map(
      [stored(old, 'a'), stored(lost, 'b'), stored(fresh, 'c')].map((one) => [one.name, one]),
    );
    const variables = {
      all: async () => [...rows.values()],
      reseal: async (before: ValueRecord, now: object) => {
        rows.set(before.name, { ...before, ...now });
        return true;
      },
    } as unknown as SealedRows;
    const connections = { all: async () => [] } as unknown as SealedRows;
    const keys = new KeyRing({ path: dir, encryptionKey: `${fresh},${old}` });
    await expect(rotateValues({ variables, connections, keys })).rejects.toThrow(
      /^1 values .*; variable 'b' was/,
    );
    const after = new KeyRing({ path: dir, encryptionKey: fresh });
    expect(after.open(rows.get('a') as ValueRecord)).toBe('canary a');
    expect(rows.get('a')?.revision).toBe('r');
    expect(after.problemOf(rows.get('b') as ValueRecord)).toContain("variable 'b'");
  });

  test('give digests that others cannot reckon', () => {
    const [one, two] = [new KeyRing({ path: dir, encryptionKey: text() }), new KeyRing({ path: dir })];
    expect(one.digest('canary')).toBe(one.digest('canary'));
    expect(one.digest('canary')).not.toBe(two.digest('canary'));
  });
});
