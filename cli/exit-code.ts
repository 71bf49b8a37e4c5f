import type { ErrorCode } from '../core/model/errors.ts';

/** What the exit codes of `orch` mean. Programs rely on them: docs/cli.md lists the same. */
export const EXIT = {
  ok: 0,
  runFailed: 1,
  usage: 2,
  invalid: 3,
  notFound: 4,
  conflict: 5,
  unavailable: 6,
  cancelledElsewhere: 7,
  /** `orch plan --exit-code` without a DAG: applying the files would change something. */
  changes: 10,
  internal: 70,
  timeout: 124,
  interrupted: 130,
  terminated: 143,
} as const;

const BY_ERROR: Readonly<Record<ErrorCode, number>> = {
  usage: EXIT.usage,
  invalid: EXIT.invalid,
  unauthenticated: EXIT.unavailable,
  forbidden: EXIT.unavailable,
  not_found: EXIT.notFound,
  conflict: EXIT.conflict,
  unavailable: EXIT.unavailable,
  internal: EXIT.internal,
};

/** The exit code of an error. */
export function exitCodeOf(code: ErrorCode): number {
  return BY_ERROR[code];
}
