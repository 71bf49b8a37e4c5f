/** The text form of an array of numbers, as PostgreSQL reads it. */
export function numberArray(values: readonly (number | null)[]): string {
  let text = '{';
  for (const [index, value] of values.entries()) {
    if (index > 0) text += ',';
    text += value === null ? 'NULL' : value;
  }
  return `${text}}`;
}

/** The text form of an array of texts, as PostgreSQL reads it. */
export function textArray(values: readonly (string | null)[]): string {
  let text = '{';
  for (const [index, value] of values.entries()) {
    if (index > 0) text += ',';
    text += value === null ? 'NULL' : quoted(value);
  }
  return `${text}}`;
}

function quoted(value: string): string {
  return /["\\]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`;
}
