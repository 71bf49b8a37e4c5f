import { spawnSync } from 'node:child_process';
import { readAudit, verdictOf } from './audit.ts';

/** A registry that does not answer costs CI no more than this. */
const LIMIT_MS = 20_000;
const ASK = ['audit', '--json', '--fetch-retries=0', '--fetch-timeout=10000'];

/** Ends with 1 only if there is an advisory: that a registry cannot be asked is said, and is no failure. */
const { stdout } = spawnSync('npm', ASK, { encoding: 'utf8', timeout: LIMIT_MS, killSignal: 'SIGKILL' });
const { code, lines } = verdictOf(readAudit(stdout ?? ''));
for (const line of lines) process.stdout.write(`${line}\n`);
process.exitCode = code;
