/**
 * Characters of a run id that hold its whole timestamp: enough to tell runs apart unless made in the same ms.
 */
const SHORT = 13;

/** The beginning of a run id as people see it; every command takes it in place of the whole id. */
export function shortRunId(uid: string): string {
  return uid.slice(0, SHORT);
}

/** A word for the command line, in quotes if a shell would read anything into it. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
