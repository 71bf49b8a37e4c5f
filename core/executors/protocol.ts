import type {
  ArtifactRef,
  AttemptDefinition,
  AttemptOrder,
  Outcome,
  SpilledOutput,
  StopReason,
} from '../model/attempt.ts';
import type { AttemptId } from '../model/ids.ts';
import type { Json, JsonText } from '../model/json.ts';
import type { GivenValue } from '../model/variable.ts';

/**
 * The frames between the leader, its keeper and its runners: one JSON value a line. Both sides come from one
 * installation, so a frame has no version; what cannot be read ends the peer.
 */

/** To a runner, and to the keeper for commands. */
export type OrderFrame =
  /** Comes before the first `run` that names it. */
  | { readonly t: 'define'; readonly d: AttemptDefinition }
  /** Forget all definitions. */
  | { readonly t: 'forget' }
  /** A key of values, base64: comes before the first `run` with a value that needs it. */
  | { readonly t: 'key'; readonly id: string; readonly key: string }
  | RunFrame
  /** To a runner: abort the signal of the attempt. */
  | { readonly t: 'cancel'; readonly id: AttemptId; readonly why: StopReason };

export interface RunFrame {
  readonly t: 'run';
  readonly id: AttemptId;
  /** Id of the definition. */
  readonly d: number;
  /** Segment for the log. */
  readonly s: number;
  /** Group of processes; for the keeper. */
  readonly g?: string;
  /** Keys and items of the fan-outs around it. */
  readonly k?: readonly string[];
  readonly i?: readonly Json[];
  /** Inputs by position. */
  readonly n?: readonly Json[];
  /** Positions of inputs without a value. */
  readonly u?: readonly number[];
  /** Inputs that are files: position, and which. */
  readonly f?: readonly (readonly [number, SpilledOutput])[];
  /** How often attempts before it put the task off, and what the last one left. */
  readonly w?: readonly [number, Json];
  /** Variables and connections, encrypted. */
  readonly v?: readonly GivenValue[];
  /** What the instance has kept last. */
  readonly c?: Json;
  /** Spin for so many microseconds after the attempt. */
  readonly p?: number;
  /** Sent behind another attempt: it starts only if the runner gets it at the turnstile, with this number. */
  readonly q?: number;
}

/** To the keeper only. */
export type KeeperFrame =
  | { readonly t: 'init'; readonly o: KeeperSettings }
  | { readonly t: 'runner'; readonly g: string; readonly memoryMb: number; readonly settings: RunnerSettings }
  /** SIGTERM at once, SIGKILL after the grace. */
  | { readonly t: 'stop'; readonly g: string; readonly graceMs: number }
  | { readonly t: 'kill'; readonly g: string }
  /** SIGSTOP, or SIGCONT. */
  | { readonly t: 'still'; readonly g: string; readonly on: boolean }
  /** To end with all that it has started after so long, unless it is told anew. */
  | { readonly t: 'hold'; readonly ms: number }
  /** Whether memory needs watching: attempts run. */
  | { readonly t: 'watch'; readonly on: boolean };

export interface KeeperSettings {
  readonly projectDir: string;
  readonly stateDir: string;
  /** Marks every process of this state folder in its environment. */
  readonly stateKey: string;
  /** Where groups are registered. */
  readonly registry: string;
  readonly logCapBytes: number;
  readonly outputInlineBytes: number;
  readonly outputMaxBytes: number;
  readonly commandMemoryMb: number | null;
  /** Names of environment variables that attempts inherit, besides the usual ones. */
  readonly passEnv: readonly string[];
}

export interface RunnerSettings {
  readonly socket: string;
  readonly token: string;
  readonly g: string;
  /** The file of its turnstile. */
  readonly turnstile: string;
  readonly shared: boolean;
  readonly projectDir: string;
  readonly stateDir: string;
  readonly logCapBytes: number;
  readonly outputInlineBytes: number;
  readonly outputMaxBytes: number;
}

/** From a runner, and from the keeper about commands. */
export type ReportFrame =
  | { readonly t: 'hello'; readonly g: string; readonly token: string }
  | EndFrame
  | {
      readonly t: 'progress';
      readonly id: AttemptId;
      readonly done: number;
      readonly total: number;
      readonly step?: string;
    }
  | { readonly t: 'metric'; readonly id: AttemptId; readonly name: string; readonly value: number }
  | { readonly t: 'artifact'; readonly id: AttemptId; readonly a: ArtifactRef }
  /** `s` is JSON. */
  | { readonly t: 'checkpoint'; readonly id: AttemptId; readonly s: JsonText };

export interface EndFrame {
  readonly t: 'end';
  readonly id: AttemptId;
  readonly r: Outcome;
  /** Offset and length of the log. */
  readonly l?: readonly [number, number];
  /** Milliseconds that it took. */
  readonly m?: number;
  /** The runner may hold remains of the attempt and must not be used again: it starts nothing more. */
  readonly x?: true;
}

/** From the keeper only. */
export type GroupFrame =
  | { readonly t: 'up' }
  | { readonly t: 'spawned'; readonly g: string; readonly pid: number }
  /** Nothing of the group lives any more. */
  | GoneFrame;

export interface GoneFrame {
  readonly t: 'gone';
  readonly g: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly why: 'memory' | 'killed' | null;
  /** The end of what the process wrote to its own stdout and stderr. */
  readonly stray: string;
  /** Processes that left the group and could not be killed. */
  readonly left: readonly number[];
}

/** The `run` frame of an order, with its line break. Inputs are JSON already and go in as they are. */
export function encodeRun(
  order: AttemptOrder,
  segment: number,
  group: string | null,
  spinUs: number,
  turn: number | null = null,
): string {
  let text = `{"t":"run","id":"${order.attemptId}","d":${order.definition.id},"s":${segment}`;
  if (group !== null) text += `,"g":"${group}"`;
  if (order.keys.length > 0) text += `,"k":${JSON.stringify(order.keys)},"i":${JSON.stringify(order.items)}`;
  if (order.inputs.length > 0) text += encodeInputs(order.inputs);
  if (order.wait) text += `,"w":[${order.wait.calls},${oneLine(order.wait.state ?? 'null')}]`;
  if (order.given) text += `,"v":${JSON.stringify(order.given)}`;
  if (order.checkpoint !== undefined) text += `,"c":${oneLine(order.checkpoint)}`;
  if (spinUs > 0) text += `,"p":${spinUs}`;
  if (turn !== null) text += `,"q":${turn}`;
  return `${text}}\n`;
}

function encodeInputs(inputs: AttemptOrder['inputs']): string {
  const values: string[] = [];
  const missing: number[] = [];
  const files: [number, SpilledOutput][] = [];
  for (const [index, input] of inputs.entries()) {
    if (input === undefined) missing.push(index);
    else if (typeof input === 'object') files.push([index, input]);
    values.push(typeof input === 'string' ? oneLine(input) : 'null');
  }
  let text = `,"n":[${values.join(',')}]`;
  if (missing.length > 0) text += `,"u":[${missing.join(',')}]`;
  if (files.length > 0) text += `,"f":${JSON.stringify(files)}`;
  return text;
}

/** JSON may be spread over lines; a frame is one line. */
function oneLine(json: string): string {
  return json.includes('\n') ? JSON.stringify(JSON.parse(json)) : json;
}

/** Reads a frame from a runner; `null` if it is none. Cheap: it runs for every attempt. */
export function parseReport(line: string): ReportFrame | null {
  const frame = parseObject(line);
  if (frame === null) return null;
  switch (frame['t']) {
    case 'end':
      return typeof frame['id'] === 'string' && isOutcome(frame['r']) && isRange(frame['l'])
        ? (frame as unknown as EndFrame)
        : null;
    case 'hello':
      return isText(frame, 'g', 'token') ? (frame as unknown as ReportFrame) : null;
    case 'progress':
      return isText(frame, 'id') && isNumber(frame, 'done', 'total')
        ? (frame as unknown as ReportFrame)
        : null;
    case 'metric':
      return isText(frame, 'id', 'name') && isNumber(frame, 'value')
        ? (frame as unknown as ReportFrame)
        : null;
    case 'checkpoint':
      return isText(frame, 'id', 's') ? (frame as unknown as ReportFrame) : null;
    case 'artifact':
      return isText(frame, 'id') && isObject(frame['a']) ? (frame as unknown as ReportFrame) : null;
    default:
      return null;
  }
}

/** Reads a frame from the keeper; `null` if it is none. */
export function parseKeeperReport(line: string): ReportFrame | GroupFrame | null {
  const frame = parseObject(line);
  if (frame === null) return null;
  switch (frame['t']) {
    case 'up':
      return { t: 'up' };
    case 'spawned':
      return isText(frame, 'g') && isNumber(frame, 'pid') ? (frame as unknown as GroupFrame) : null;
    case 'gone':
      return isText(frame, 'g', 'stray') && Array.isArray(frame['left'])
        ? (frame as unknown as GroupFrame)
        : null;
    default:
      return parseReport(line);
  }
}

/** Reads a frame from the leader. The leader is trusted: it is the parent of the reader. */
export function parseOrder(line: string): OrderFrame | KeeperFrame | null {
  const frame = parseObject(line);
  return frame !== null && typeof frame['t'] === 'string' ? (frame as unknown as OrderFrame) : null;
}

type Fields = { readonly [name: string]: unknown };

function parseObject(line: string): Fields | null {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(frame: Fields, ...names: readonly string[]): boolean {
  return names.every((name) => typeof frame[name] === 'string');
}

function isNumber(frame: Fields, ...names: readonly string[]): boolean {
  return names.every((name) => Number.isFinite(frame[name]));
}

function isRange(value: unknown): boolean {
  return (
    value === undefined || (Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger))
  );
}

const OUTCOMES = new Set(['skipped', 'timeout', 'memory', 'stopped']);

function isOutcome(value: unknown): value is Outcome {
  if (!isObject(value)) return false;
  const kind = value['kind'];
  if (kind === 'success') return value['output'] === undefined || typeof value['output'] === 'string';
  if (kind === 'deferred') return isDeferral(value);
  if (kind === 'failed' || kind === 'rejected_output') return isObject(value['error']);
  return kind === 'lost' ? isText(value, 'detail') : typeof kind === 'string' && OUTCOMES.has(kind);
}

function isDeferral({ afterMs, message, state }: Fields): boolean {
  const isTextOrNone = (text: unknown): boolean => text === undefined || typeof text === 'string';
  return (afterMs === undefined || Number.isFinite(afterMs)) && isTextOrNone(message) && isTextOrNone(state);
}
