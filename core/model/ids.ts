declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** The greatest number that a run, a node, a version or anything else that the store counts can have. */
export const NO_MAX = 2 ** 31 - 1;

/** A run inside the store: a small integer, never shown to users. */
export type RunNo = Brand<number, 'RunNo'>;
/** A node of a run: numbers below the size of the DAG are templates, above it instances made by expansion. */
export type NodeNo = Brand<number, 'NodeNo'>;
/** The number of an attempt of one task instance: 1, 2, 3... */
export type TryNo = Brand<number, 'TryNo'>;
/** A stored version of a DAG. */
export type VersionNo = Brand<number, 'VersionNo'>;
/** The identity of a run on every surface: a UUIDv7 made where the run was asked for. */
export type RunUid = Brand<string, 'RunUid'>;
/** `<run>.<node>.<try>`: deterministic, so that submitting an attempt twice is recognised. */
export type AttemptId = Brand<string, 'AttemptId'>;

/** The id of the attempt `tryNo` of node `node` in run `run`. */
export function attemptId(run: RunNo, node: NodeNo, tryNo: TryNo): AttemptId {
  return `${run}.${node}.${tryNo}` as AttemptId;
}

/** Id of one try of a hook. */
export function hookAttemptId(job: {
  readonly runNo: RunNo;
  readonly hookNo: number;
  readonly tries: number;
}): AttemptId {
  return `${job.runNo}.h${job.hookNo}.${job.tries}` as AttemptId;
}

/** The three numbers inside an attempt id, or `null` if the text is not one. */
export function parseAttemptId(text: string): { run: RunNo; node: NodeNo; tryNo: TryNo } | null {
  const match = /^(\d{1,15})\.(\d{1,15})\.(\d{1,9})$/.exec(text);
  if (!match) return null;
  return {
    run: Number(match[1]) as RunNo,
    node: Number(match[2]) as NodeNo,
    tryNo: Number(match[3]) as TryNo,
  };
}

/**
 * DAG, task and group ids: a letter or underscore, then letters, digits, `_` or `-`; at most 128 characters.
 */
export const ID_PATTERN = '^[A-Za-z_][A-Za-z0-9_-]{0,127}$';

/** The longest fan-out key in UTF-8 bytes. */
export const KEY_BYTES_MAX = 256;

/**
 * The keys around an instance, outermost first, as one text on every surface: the key itself in one fan-out;
 * those of nested ones joined by `/`, with `/` and `%` inside a key percent-encoded, so that different paths
 * of one task never give the same text. `null` outside a fan-out.
 */
export function keyText(keys: readonly string[]): string | null {
  if (keys.length < 2) return keys[0] ?? null;
  return keyPath(keys);
}

/** The keys as a path whatever their number: what the beginning of a text of nested keys looks like. */
export function keyPath(keys: readonly string[]): string {
  return keys.map((key) => key.replaceAll('%', '%25').replaceAll('/', '%2F')).join('/');
}

/** The keys of nested fan-outs in a text; the inverse of {@link keyText}. A text without `/` is one key. */
export function parseKeyText(text: string): string[] {
  if (!text.includes('/')) return [text];
  return text.split('/').map((part) => part.replaceAll('%2F', '/').replaceAll('%25', '%'));
}

/**
 * How people see a task instance: `symbol[BTC-USD].backtest` for path `symbol.backtest` and key `BTC-USD`.
 */
export function instanceName(path: string, fanOutPath: string | null, key: string | null): string {
  if (key === null || fanOutPath === null) return path;
  return `${fanOutPath}[${key}]${path.slice(fanOutPath.length)}`;
}
