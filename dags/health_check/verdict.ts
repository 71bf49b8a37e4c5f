import { join } from 'node:path';
import { FatalError, type TaskContext } from 'orch';
import { replaceFile } from '../pipeline/dataset.ts';
import { type Finding, folder } from './finding.ts';
import { runInstant } from './run-instant.ts';

/** Writes `health.json`. Throws `FatalError` naming everything that is out of bounds. */
export async function verdict(
  inputs: { readonly machine: readonly Finding[]; readonly prices: readonly Finding[] },
  ctx: TaskContext,
): Promise<{ healthy: true; findings: Finding[] }> {
  const findings = [...inputs.machine, ...inputs.prices];
  for (const { name, ok, text } of findings) ctx.log[ok ? 'info' : 'error'](`${name}: ${text}`);
  const bad = findings.filter(({ ok }) => !ok);
  const at = new Date(runInstant(ctx)).toISOString();
  const text = JSON.stringify({ at, healthy: bad.length === 0, findings }, null, 2);
  await replaceFile(join(folder(ctx, 'reportDir'), 'health.json'), `${text}\n`, ctx.attemptId);
  if (bad.length === 0) return { healthy: true, findings };
  throw new FatalError(bad.map((finding) => `${finding.name}: ${finding.text}`).join('; '));
}
