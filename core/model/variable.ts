/**
 * What the name of a variable or connection may be: a part of the name of an environment variable, so that
 * `ORCH_VAR_<name>` and `ORCH_CONN_<name>` can be set by a shell.
 */
export const VALUE_NAME = '^[A-Za-z_][A-Za-z0-9_]{0,127}$';

/** Environment variables that win over what is stored, and how a command is given a value. */
export const VARIABLE_PREFIX = 'ORCH_VAR_';
export const CONNECTION_PREFIX = 'ORCH_CONN_';

/** The longest value in characters; with its name it has to fit into one environment variable. */
export const VALUE_MAX = 65_536;
/** A shorter secret could not be masked: it would blank out ordinary text. */
export const SECRET_MIN = 3;

/** What a value is of. */
export type ValueOf = 'variable' | 'connection';

/** Whether a variable is a secret, or the type of a connection. */
export type ValueKind = string;

/** A value that only who has the key `keyId` can read: it is bound to its name and kind. */
export interface SealedValue {
  readonly of: ValueOf;
  readonly name: string;
  /** `plain` or `secret` of a variable, the type of a connection. */
  readonly kind: ValueKind;
  readonly keyId: string;
  /** Nonce, ciphertext and tag, base64. */
  readonly sealed: string;
}

/** A value that a task declares and nobody can give it. */
export interface MissingValue {
  readonly of: ValueOf;
  readonly name: string;
  /** One sentence for people. */
  readonly problem: string;
}

/** What an attempt is given for each value that its task declares: never the value itself. */
export type GivenValue = SealedValue | MissingValue;

/** A stored value and who changed it last. Instants are epoch milliseconds. */
export interface ValueRecord extends SealedValue {
  /** Another text for each change of the value, and the same when it is encrypted again. */
  readonly revision: string;
  readonly changedAt: number;
  readonly changedBy: string;
}

/** Why a text cannot be the value of a variable; `null`: it can. It says nothing of the text. */
export function valueProblem(text: string, isSecret: boolean): string | null {
  if (text.includes('\0')) return 'holds a NUL character, which no environment variable can hold';
  if (text.length > VALUE_MAX) return `has more than ${VALUE_MAX} characters`;
  if (isSecret && text.length < SECRET_MIN)
    return `has fewer than ${SECRET_MIN} characters: it could not be masked in logs`;
  return text === '' ? 'is empty' : null;
}
