#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = [24, 12];
const here = dirname(fileURLToPath(import.meta.url));

if (isNewEnough(process.versions.node)) {
  module.enableCompileCache?.(join(here, '..', 'node_modules', '.cache', 'orch'));
  // The repository runs from its sources; the package holds them compiled.
  const isCheckout = existsSync(join(here, 'main.ts'));
  if (isCheckout) await import('../core/parsing/own-imports-main.ts');
  const entry = isCheckout ? './main.ts' : '../dist/cli/main.js';
  const { main } = await import(entry);
  await main(process);
} else {
  const node = packagedNode();
  if (node === null) {
    process.stderr.write(
      `orch needs Node.js ${NEEDED.join('.')} or newer; this is ${process.versions.node}.\n` +
        'Install a newer one from https://nodejs.org, or into the project: npm install --save-dev node@24\n',
    );
    process.exitCode = 6;
  } else {
    runWith(node);
  }
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

/** The Node that the npm package `node` brought along, or null. */
function packagedNode() {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      const folder = dirname(module.createRequire(from).resolve('node/package.json'));
      const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
      if (existsSync(binary)) return binary;
    } catch {
      // The package is not installed there: the next place may have it.
    }
  }
  return null;
}

function runWith(node) {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, ORCH_LAUNCHED: '1' } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`orch cannot start ${node}: ${error.message}\n`);
    process.exitCode = 6;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 0) : 128 + (constants.signals[signal] ?? 0);
  });
}
