const JSON_TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object'];

/**
 * What to write in place of a value of a wrong type, where it shows what was meant; `null` where it does not.
 * `types` are those that may stand there.
 */
export function valueHint(
  path: readonly (string | number)[],
  value: unknown,
  types: readonly string[],
): string | null {
  const key = path.at(-1);
  const owner = path.at(-2);
  if (owner === 'params' && typeof value === 'string' && JSON_TYPES.includes(value))
    return `write { type: ${value} }`;
  if (key === 'tasks' && Array.isArray(value))
    return 'write each task behind its name: `load: { run: ./load.sh }`';
  if (owner === 'needs' && value === null)
    return `write 'needs: [${key}]' for the output of that task by its name, or '${key}: <task>'`;
  if (typeof value === 'string' && types.includes('array') && !types.includes('string'))
    return `write [${value.length <= 60 && /^\w[\w.-]*$/.test(value) ? value : '...'}]`;
  return null;
}
