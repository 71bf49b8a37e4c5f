import { Cron } from 'croner';

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

/** Names and bounds of the fields, the smallest unit first. */
const FIELDS = [
  ['second', 0, 59],
  ['minute', 0, 59],
  ['hour', 0, 23],
  ['day of month', 1, 31],
  ['month', 1, 12],
  ['day of week', 0, 7],
] as const;

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
  const outside = findOutside(fields);
  if (outside !== null) return { ok: false, ...outside };
  const cron = fields.join(' ');
  if (cron.includes('?')) return { ok: false, message: `'?' is not allowed in '${cron}'`, hint: "write '*'" };
  return search(cron);
}

function search(cron: string): CronResult {
  try {
    const next = new Cron(cron, { timezone: 'UTC', paused: true }).nextRun(new Date(SEARCH_FROM));
    if (next !== null) return { ok: true, cron };
    const hint = 'no date has this day and month';
    return { ok: false, message: `'${cron}' never comes`, hint };
  } catch (error) {
    const why = (error as Error).message.replace(/^Cron\w*: /, '').replace(/\.$/, '');
    return {
      ok: false,
      message: `'${cron}' is not a cron expression: ${why[0]?.toLowerCase()}${why.slice(1)}`,
    };
  }
}

const OTHER_FORMS = "write a number of that range, '*' for every one, or '*/5' for every fifth";

/** Numbers out of range, named before croner sees them: it counts months from 0. */
function findOutside(fields: readonly string[]): { message: string; hint: string } | null {
  const names = FIELDS.slice(FIELDS.length - fields.length);
  for (const [index, field] of fields.entries()) {
    const [name, low, high] = names[index] as (typeof FIELDS)[number];
    for (const [, number] of field.matchAll(/(?<![/#\d])(\d+)/g)) {
      const value = Number(number);
      if (value >= low && value <= high) continue;
      const message = `the ${name} field goes from ${low} to ${high}; ${value} is outside`;
      return { message, hint: value === high + 1 && low === 0 ? `write ${low}` : OTHER_FORMS };
    }
  }
  return null;
}
