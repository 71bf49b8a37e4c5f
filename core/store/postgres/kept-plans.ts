import pg from 'pg';

/** A text is planned anew each time until it has come so often. */
const KEPT_FROM = 3;
/** So many texts have plans that are kept, on each connection that has used them. */
const KEPT_MAX = 200;
/** Longer ones hold lists of values: they do not come again. */
const LENGTH_MAX = 4_000;
/** Texts that are counted before they are kept. */
const COUNTED_MAX = 1_000;
/** A kept plan whose table has other columns by now. */
const OUTDATED = '0A000';

/** Names of texts whose plans are kept, the same for all connections of this process. */
const names = new Map<string, string>();
const counts = new Map<string, number>();
/** Part of every name: a new one has all texts prepared again. */
let generation = 0;

/**
 * Sends a statement. One that comes again and again is prepared under a name: to plan it takes the server
 * longer than to find a few rows.
 */
export async function queryKept(
  client: pg.ClientBase,
  text: string,
  parameters: readonly unknown[],
): Promise<unknown> {
  const name = nameOf(text);
  const values = [...parameters];
  if (name === null) return client.query(text, values);
  try {
    return await client.query({ name: `${name}_${generation}`, text, values });
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== OUTDATED) throw error;
    generation++;
    // In a transaction nothing goes any more: then this error is the one to tell.
    return client.query(text, values).catch(() => {
      throw error;
    });
  }
}

function nameOf(text: string): string | null {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (text.length > LENGTH_MAX || names.size >= KEPT_MAX) return null;
  const count = (counts.get(text) ?? 0) + 1;
  if (count < KEPT_FROM) {
    if (counts.size >= COUNTED_MAX) counts.clear();
    counts.set(text, count);
    return null;
  }
  counts.delete(text);
  const name = `orch_${names.size}`;
  names.set(text, name);
  return name;
}
