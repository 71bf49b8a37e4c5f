import type { Outcome } from '../model/attempt.ts';
import { type NotYetAnswer, notYetAnswer } from '../model/context.ts';
import type { Json } from '../model/json.ts';
import { jsonProblem } from './json-problem.ts';
import { keepByHash } from './output-file.ts';

export interface OutputLimits {
  readonly stateDir: string;
  /** Up to this many bytes an output stands in its row; beyond, it is a file. */
  readonly outputInlineBytes: number;
  readonly outputMaxBytes: number;
  /** Takes the secrets of the attempt out of what it gives; absent or `null`: it has none. */
  readonly mask?: ((value: Json) => Json) | null;
}

/** The outcome of an attempt that returned `value`. */
export function outcomeOf(value: unknown, limits: OutputLimits): Outcome {
  if (value === undefined) return { kind: 'success' };
  const notYet = notYetAnswer(value);
  if (notYet !== null) return deferred(undefined, notYet, limits);
  const problem = jsonProblem(value);
  if (problem !== null) return rejected(problem);
  let text: string;
  try {
    text = JSON.stringify(limits.mask ? limits.mask(value as Json) : value);
  } catch (error) {
    return rejected(
      `the output cannot be written as JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  // A character takes three bytes at most.
  if (text.length * 3 <= limits.outputInlineBytes) return { kind: 'success', output: text };
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= limits.outputInlineBytes) return { kind: 'success', output: text };
  if (bytes.length > limits.outputMaxBytes) {
    return rejected(
      `the output has ${bytes.length} bytes, the limit is ${limits.outputMaxBytes}: ` +
        'write large data to a file and return its path, or keep it with ctx.artifact',
    );
  }
  const sha256 = keepByHash(limits.stateDir, 'outputs', bytes);
  return { kind: 'success', spilled: { sha256, bytes: bytes.length } };
}

/** An attempt that puts its task off. What it leaves is rejected like an output that is no good. */
export function deferred(
  afterMs: number | undefined,
  { message, state }: NotYetAnswer,
  limits: OutputLimits,
): Outcome {
  const left = outcomeOf(state, limits);
  if (left.kind === 'rejected_output') return left;
  if (left.kind !== 'success' || left.spilled)
    return rejected(`the state that it leaves is larger than ${limits.outputInlineBytes} bytes`);
  return {
    kind: 'deferred',
    ...(afterMs === undefined ? {} : { afterMs }),
    ...(message === undefined || message === '' ? {} : { message: shortened(message, limits) }),
    ...(left.output === undefined ? {} : { state: left.output }),
  };
}

function shortened(message: string, { mask }: OutputLimits): string {
  const text = String(message);
  return String(mask ? mask(text) : text).slice(0, 1_000);
}

/** An output that is refused. `message` is a sentence without its full stop. */
export function rejected(message: string): Outcome {
  return { kind: 'rejected_output', error: { name: 'OutputError', message } };
}
