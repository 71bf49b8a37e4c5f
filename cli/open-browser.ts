import { spawn } from 'node:child_process';
import type { Host } from './context.ts';

/** Programs that show an address in the browser of the user, by platform. None of them is a shell. */
const OPENERS: { readonly [platform: string]: readonly [program: string, ...first: string[]] } = {
  darwin: ['open'],
  win32: ['rundll32.exe', 'url.dll,FileProtocolHandler'],
  linux: ['xdg-open'],
};

/**
 * Whether a page is to be opened that nobody said anything about: somebody sits at this terminal and this
 * machine has a desktop. `wish` is what the flags say; absent: nothing.
 */
export function opensBrowser(
  wish: boolean | undefined,
  { env, stdout }: Pick<Host, 'env' | 'stdout'>,
  platform: NodeJS.Platform,
): boolean {
  if (wish !== undefined) return wish;
  const isSet = (name: string): boolean => (env[name] ?? '') !== '';
  if (!stdout.isTTY || isSet('CI') || isSet('SSH_CONNECTION') || isSet('SSH_TTY')) return false;
  return platform === 'darwin' || platform === 'win32' || isSet('DISPLAY') || isSet('WAYLAND_DISPLAY');
}

/** Opens an address of a server of orch in a browser, or calls back with why that cannot be. */
export function openBrowser(url: string, platform: NodeJS.Platform, onFailed: (why: string) => void): void {
  const [program, ...first] = OPENERS[platform] ?? ['xdg-open'];
  const child = spawn(program, [...first, new URL(url).href], { detached: true, stdio: 'ignore' });
  child.once('error', (error: NodeJS.ErrnoException) =>
    onFailed(error.code === 'ENOENT' ? `this machine has no ${program}` : error.message),
  );
  child.unref();
}
