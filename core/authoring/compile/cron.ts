import { CronMistake } from '../../cron/cron-field.ts';
import { CronPattern } from '../../cron/cron-pattern.ts';

/** A cron expression in canonical form, or why it cannot be one. */
export type CronResult =
  | { readonly ok: true; readonly cron: string }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

const MACROS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

/**
 * Where the search for a first tick begins: any fixed instant gives the same answer to "does it ever come".
 */
const SEARCH_FROM = Date.UTC(2024, 0, 1);

/**
 * Checks five cron fields, six with seconds first, or a macro, and spells them in one way: macros as fields,
 * names in capitals, one blank between fields. An expression that never matches, such as 31 February, is
 * refused.
 */
export function parseCron(text: string): CronResult {
  const trimmed = text.trim();
  if (trimmed.startsWith('@')) {
    const fields = MACROS.get(trimmed.toLowerCase());
    if (fields !== undefined) return { ok: true, cron: fields };
    return {
      ok: false,
      message: `there is no macro '${trimmed}'`,
      hint: `known: ${[...MACROS.keys()].join(', ')}`,
    };
  }
  const fields = trimmed.toUpperCase().split(/\s+/).filter(Boolean);
  if (fields.length !== 5 && fields.length !== 6) {
    const hint = 'minute, hour, day of month, month, day of week; with six fields seconds come first';
    return {
      ok: false,
      message: `a cron expression has 5 or 6 fields; '${trimmed}' has ${fields.length}`,
      hint,
    };
  }
  const cron = fields.join(' ');
  if (cron.includes('?')) return { ok: false, message: `'?' is not allowed in '${cron}'`, hint: "write '*'" };
  return search(cron);
}

function search(cron: string): CronResult {
  try {
    if (new CronPattern(cron).next(SEARCH_FROM) !== null) return { ok: true, cron };
    const hint = 'no date has this day and month';
    return { ok: false, message: `'${cron}' never comes`, hint };
  } catch (error) {
    if (!(error instanceof CronMistake)) throw error;
    const { message, hint } = error;
    const isPlain = message.includes(' is outside');
    const sentence = isPlain ? message : `'${cron}' is not a cron expression: ${message}`;
    return { ok: false, message: sentence, ...(hint === undefined ? {} : { hint }) };
  }
}
