import type { Finding } from '../examine.ts';
import type { Style } from '../style.ts';

const GLYPHS = { ok: '✓', warning: '!', problem: '✗' } as const;
const INDENT = ' '.repeat(13);

/** One line with a mark, and what it is about in front. */
export function markedLine(level: Finding['level'], topic: string, text: string, style: Style): string {
  const paint = level === 'ok' ? style.good : level === 'warning' ? style.warn : style.bad;
  return `${paint(GLYPHS[level])} ${style.bold(topic.padEnd(10))} ${text}`;
}

/** A finding with the rows that it rests on, and what to do. */
export function findingLines(finding: Finding, style: Style): string[] {
  const { level, topic, text, advice, violations = [] } = finding;
  const lines = [markedLine(level, topic, text, style)];
  for (const { rule, count, rows } of violations) {
    for (const row of rows) lines.push(`${INDENT}${rule}: ${row.text}`);
    if (count > rows.length) lines.push(`${INDENT}${rule}: ${count - rows.length} more`);
  }
  if (advice !== undefined) lines.push(`${INDENT}${style.dim(advice)}`);
  return lines;
}
