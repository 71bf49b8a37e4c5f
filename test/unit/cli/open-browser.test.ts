import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { openBrowser, opensBrowser } from '../../../cli/open-browser.ts';

const DESKTOP = { DISPLAY: ':0' };

test.each([
  ['a desktop and a terminal', undefined, DESKTOP, true, 'linux', true],
  ['Wayland', undefined, { WAYLAND_DISPLAY: 'wayland-0' }, true, 'linux', true],
  ['a Mac', undefined, {}, true, 'darwin', true],
  ['no desktop', undefined, { DISPLAY: '' }, true, 'linux', false],
  ['a pipe', undefined, DESKTOP, false, 'linux', false],
  ['CI', undefined, { ...DESKTOP, CI: 'true' }, true, 'linux', false],
  [
    'somebody far away',
    undefined,
    { ...DESKTOP, SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' },
    true,
    'linux',
    false,
  ],
  ['--no-open', false, DESKTOP, true, 'linux', false],
  ['--open', true, {}, false, 'linux', true],
] as const)('with %s', (_, wish, env, isTTY, platform, opens) => {
  const host = { env, stdout: { isTTY } } as unknown as Parameters<typeof opensBrowser>[1];
  expect(opensBrowser(wish, host, platform)).toBe(opens);
});

test('the address is one argument of a program; where that is not there it is said', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'orch-browser-'));
  const told = join(dir, 'told');
  execFileSync('mkfifo', [told]);
  writeFileSync(join(dir, 'xdg-open'), `#!/bin/sh\nprintf '%s|' "$@" > '${told}'\n`, { mode: 0o755 });
  vi.stubEnv('PATH', dir);
  const opened = readFile(told, 'utf8');
  openBrowser('http://127.0.0.1:7070/$(id);x', 'linux', () => undefined);
  expect(await opened).toBe('http://127.0.0.1:7070/$(id);x|');
  vi.stubEnv('PATH', join(dir, 'none'));
  const why = await new Promise((resolve) => openBrowser('http://127.0.0.1:1/', 'linux', resolve));
  expect(why).toBe('this machine has no xdg-open');
  vi.unstubAllEnvs();
});
