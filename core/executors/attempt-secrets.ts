import { createMaskers, type Masker } from '../log/masker.ts';
import type { Outcome, TaskError } from '../model/attempt.ts';
import type { Json } from '../model/json.ts';
import type { GivenValue } from '../model/variable.ts';
import { GivenValues, NO_VALUES, type ToldKeys } from '../secrets/given-values.ts';
import { jsonProblem } from './json-problem.ts';
import type { ReportFrame } from './protocol.ts';
import type { TextMask } from './task-error.ts';

/** The variables and connections of one attempt, and what takes the secrets in them out of all it leaves. */
export class AttemptSecrets {
  readonly values: GivenValues;
  /** Makes maskers for streams; `null`: there are no secrets. */
  readonly masker: (() => Masker) | null;
  /** Masks the strings in a value, whose form stays; `null`: there are no secrets. */
  readonly mask: ((value: Json) => Json) | null;
  /** Masks a text. */
  readonly text: TextMask;

  constructor(given: readonly GivenValue[] | undefined, keys: ToldKeys) {
    this.values = given === undefined ? NO_VALUES : new GivenValues(given, keys);
    const masker = createMaskers(this.values.secrets);
    this.masker = masker;
    this.text = masker === null ? (text) => text : (text) => once(masker, text);
    this.mask = masker === null ? null : (value) => maskedJson(value, this.text);
  }

  /** An outcome whose texts are masked; what it puts out was masked when it was written. */
  maskedOutcome(outcome: Outcome): Outcome {
    if (this.masker === null) return outcome;
    if ('error' in outcome) return { ...outcome, error: this.#error(outcome.error) };
    if ('message' in outcome && outcome.message !== undefined)
      return { ...outcome, message: this.text(outcome.message) };
    return outcome;
  }

  maskedReport<R extends ReportFrame>(report: R): R {
    if (this.masker === null) return report;
    if (report.t === 'metric') return { ...report, name: this.text(report.name) };
    if (report.t !== 'artifact') return report;
    return { ...report, a: { ...report.a, name: this.text(report.a.name) } };
  }

  /**
   * What an attempt leaves as a file: texts and JSON are masked.
   * @throws TypeError for bytes with a secret: what they are is not known, so nothing is put in its place.
   */
  maskedContent(content: string | Uint8Array | Json): string | Uint8Array | Json {
    if (this.mask === null) return content;
    // What is no JSON is refused where it is to be kept.
    if (!(content instanceof Uint8Array)) return jsonProblem(content) === null ? this.mask(content) : content;
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    const text = bytes.toString('utf8');
    if (this.text(text) === text) return content;
    throw new TypeError('the artifact holds a secret of the task');
  }

  #error(error: TaskError): TaskError {
    const masked = Object.entries(error).map(([name, value]) => [
      name,
      typeof value === 'string' ? this.text(value) : value,
    ]);
    return Object.fromEntries(masked) as TaskError;
  }
}

function once(make: () => Masker, text: string): string {
  const masker = make();
  return masker.push(text) + masker.flush();
}

/** A number that holds a secret becomes a text. */
function maskedJson(value: Json, mask: TextMask): Json {
  if (typeof value === 'string') return mask(value);
  if (typeof value === 'number') {
    const text = String(value);
    const masked = mask(text);
    return masked === text ? value : masked;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => maskedJson(one, mask));
  const entries = Object.entries(value).map(([name, one]) => [mask(name), maskedJson(one, mask)]);
  return Object.fromEntries(entries) as Json;
}
