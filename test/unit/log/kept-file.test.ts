import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadKept, openKept, readKept } from '../../../core/log/kept-file.ts';

test('what is no file of orch any more is gone: a link, what lies behind one, a pipe, a folder', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'orch-kept-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const state = join(dir, 'state');
  mkdirSync(join(state, 'own/folder'), { recursive: true });
  mkdirSync(join(dir, 'elsewhere'));
  writeFileSync(join(dir, 'elsewhere/secret'), 'secret');
  writeFileSync(join(state, 'own/file'), 'text');
  symlinkSync(join(dir, 'elsewhere/secret'), join(state, 'own/link'));
  symlinkSync(join(dir, 'elsewhere'), join(state, 'behind'));
  execFileSync('mkfifo', [join(state, 'own/pipe')]);
  // Where all of it lies may be a link: somebody has put it onto a larger disk.
  symlinkSync(state, join(dir, 'large'));
  for (const path of [
    'own/link',
    'behind/secret',
    'own/pipe',
    'own/folder',
    'own/none',
    'none/none',
    'own/file/none',
  ]) {
    expect([path, await openKept(join(state, path))]).toEqual([path, null]);
    expect(() => readKept(join(state, path)), path).toThrow(/is gone, or is no file of orch any more/);
    await expect(loadKept(join(state, path)), path).rejects.toThrow(/is gone/);
  }
  for (const root of [state, join(dir, 'large')]) {
    expect(readKept(join(root, 'own/file'))).toBe('text');
    expect(await loadKept(join(root, 'own/file'))).toBe('text');
  }
});
