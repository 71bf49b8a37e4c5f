import { spawnSync } from 'node:child_process';
import { readAudit } from './audit.ts';

/** Ends with 1 only if there is an advisory: that a registry cannot be asked is said, and is no failure. */
const { stdout } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8', timeout: 60_000 });
const audit = readAudit(stdout ?? '');
const say = (text: string): void => void process.stdout.write(`${text}\n`);
if (audit.kind === 'found') for (const line of audit.lines) say(line);
else if (audit.kind === 'clean') say(`The registry was asked about the lockfile: ${audit.why}.`);
else {
  say(`The registry cannot tell, so nothing is known: ${audit.why}`);
  say('What was looked up by hand: docs/security.md#advisories');
}
process.exitCode = audit.kind === 'found' ? 1 : 0;
