// Prints the files that took longest and `N passed, N failed` from a report of vitest's JSON reporter. A file
// that could not be loaded has no tests of its own, so it counts as one failure.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const SLOWEST = 10;

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const broken = report.testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
).length;
const unreported = report.testResults.length === 0 ? report.numFailedTestSuites : 0;
const failed = report.numFailedTests + broken + unreported;
const took = report.testResults
  .map(({ name, startTime, endTime }) => ({ name, seconds: (endTime - startTime) / 1000 }))
  .sort((a, b) => b.seconds - a.seconds);
if (took.length > 0) process.stdout.write('the slowest files, in seconds:\n');
for (const { name, seconds } of took.slice(0, SLOWEST))
  process.stdout.write(`${seconds.toFixed(1).padStart(6)}  ${relative(process.cwd(), name)}\n`);
const skipped = report.numPendingTests ?? 0;
if (skipped > 0) process.stdout.write(`${skipped} skipped, each with its reason in the test\n`);
process.stdout.write(`${report.numPassedTests} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;
