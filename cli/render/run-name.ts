/**
 * The last part of a run id as people see it; every command takes it in place of the whole id. It is the part
 * that is random, or the hash of DAG and slot: the beginning is a time, which all runs of one tick share.
 */
export function shortRunId(uid: string): string {
  return uid.slice(uid.lastIndexOf('-') + 1);
}

/** A word for the command line, in quotes if a shell would read anything into it. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
