import { spawnSync } from 'node:child_process';
import { readAudit } from './audit.ts';

/** A registry that does not answer costs CI no more than this. */
const LIMIT_MS = 20_000;
const ASK = ['audit', '--json', '--fetch-retries=0', '--fetch-timeout=10000'];

/** Ends with 1 only if there is an advisory: that a registry cannot be asked is said, and is no failure. */
const { stdout } = spawnSync('npm', ASK, { encoding: 'utf8', timeout: LIMIT_MS, killSignal: 'SIGKILL' });
const audit = readAudit(stdout ?? '');
const say = (text: string): void => void process.stdout.write(`${text}\n`);
if (audit.kind === 'found') for (const line of audit.lines) say(line);
else if (audit.kind === 'clean') say(`The registry was asked about the lockfile: ${audit.why}.`);
else say(`No registry could tell; looked up by hand: docs/security.md#advisories. It said: ${audit.why}`);
process.exitCode = audit.kind === 'found' ? 1 : 0;
