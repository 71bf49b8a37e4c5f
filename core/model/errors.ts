import type { Json } from './json.ts';

/**
 * What kind of refusal an error is. The code is its identity: it survives processes and JSON, and decides
 * the exit code of the CLI and the status of an HTTP answer.
 */
export type ErrorCode =
  | 'usage' // the command or request itself is wrong
  | 'invalid' // a DAG file, a config or a value is invalid
  | 'unauthenticated' // it is not known who asks
  | 'forbidden' // whoever asks may not do that
  | 'not_found' // it does not exist
  | 'conflict' // it exists, but what was asked cannot be done now
  | 'unavailable' // a server, database or leader cannot be reached
  | 'internal'; // a defect of orch

/** An error made for the user: says what is wrong, where, and what to do. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: { readonly [key: string]: Json };

  constructor(
    code: ErrorCode,
    message: string,
    details: { readonly [key: string]: Json } = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }
}

/** A mistake in a file of the user, ready to print: `file:line:col  error  message`. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** A stable name of the rule, such as `unknown-task`. */
  readonly rule: string;
  readonly message: string;
  /** Path relative to the project, if the mistake has a place. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
  /** The text of the offending line. */
  readonly source?: string;
  /** What to write instead, such as `did you mean 'visualize'?`. */
  readonly hint?: string;
}
