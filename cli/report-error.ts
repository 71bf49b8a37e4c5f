import { AppError, type Diagnostic, type ErrorCode } from '../core/model/errors.ts';
import type { CommandContext } from './context.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { diagnosticText } from './render/diagnostic-text.ts';
import { jsonLine } from './render/text-width.ts';

/** The HTTP status of every kind of refusal, as the API has it. */
export const STATUS: Readonly<Record<ErrorCode, number>> = {
  usage: 400,
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  unavailable: 503,
  internal: 500,
};

const DEFECT = 'This is a defect of orch; please report it with the command and this line.';

const TITLE: Readonly<Record<ErrorCode, string>> = {
  usage: 'The command is wrong',
  invalid: 'Invalid file or value',
  unauthenticated: 'Login needed',
  forbidden: 'Not allowed',
  not_found: 'Not found',
  conflict: 'Refused',
  unavailable: 'Not reachable',
  internal: 'A defect of orch',
};

/** Tells an error on stderr, as a sentence or under `--json` as problem+json, and gives the exit code. */
export function reportError(context: CommandContext, error: unknown): number {
  const known = error instanceof AppError ? error : asAppError(error);
  if (context.flags.json)
    context.host.stderr.write(`${jsonLine(known.details.problem ?? problemOf(known))}\n`);
  else context.host.stderr.write(errorText(context, known));
  if (context.flags.verbose && known.stack !== undefined) {
    const cause = known.cause instanceof Error ? `\ncaused by ${known.cause.stack}` : '';
    context.host.stderr.write(`${context.errStyle.dim(known.stack + cause)}\n`);
  }
  return known.code === 'internal' ? EXIT.internal : exitCodeOf(known.code);
}

function asAppError(error: unknown): AppError {
  const message = error instanceof Error ? error.message : String(error);
  return new AppError('internal', message.split('\n')[0] ?? '', {}, error);
}

function errorText(context: CommandContext, error: AppError): string {
  const { errStyle } = context;
  const label = errStyle.bad('error');
  const diagnostics = diagnosticsOf(error);
  if (error.code === 'internal') {
    const more = context.flags.verbose ? '' : ' Run it again with -v for the stack.';
    return `${label}  orch failed: ${error.message}\n       ${DEFECT}${more}\n`;
  }
  if (diagnostics.length === 0) return `${label}  ${sentence(error.message)}\n`;
  const list = diagnostics.map((one) => diagnosticText(one, errStyle)).join('\n');
  return `${list}\n\n${sentence(error.message)}\n`;
}

function diagnosticsOf(error: AppError): readonly Diagnostic[] {
  const found = error.details.diagnostics;
  return Array.isArray(found) ? (found as unknown as readonly Diagnostic[]) : [];
}

/**
 * Messages begin with a capital letter and end with a full stop. A name keeps its letters: a message that is
 * about one says first what it names (`task a.b is ...`).
 */
function sentence(message: string): string {
  const first = /^[a-z]+ /.test(message) ? message.charAt(0).toUpperCase() + message.slice(1) : message;
  return /[.!?:]['"]?$|\n/.test(first) ? first : `${first}.`;
}

/** The RFC 9457 form of an error, as the HTTP API gives it. */
export function problemOf(error: AppError): object {
  const errors = diagnosticsOf(error);
  return {
    type: `urn:orch:error:${error.code}`,
    title: TITLE[error.code],
    status: STATUS[error.code],
    detail: sentence(error.message),
    ...(errors.length > 0 ? { errors } : {}),
  };
}
