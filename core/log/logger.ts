import {
  destination,
  type LevelWithSilent,
  type Logger,
  type LoggerOptions as PinoOptions,
  pino,
} from 'pino';

import { RotatingFile, type RotatingFileOptions } from './rotating-file.ts';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly level: LevelWithSilent;
  /** A file that is rotated, or a file descriptor: 2 is stderr. stdout belongs to the answers of commands. */
  readonly to: RotatingFileOptions | number;
  /** What every line carries: `{ part: 'scheduler' }`. */
  readonly bindings?: Readonly<Record<string, string | number>>;
  /** Told the message of every line that is an error. */
  readonly onError?: (message: string) => void;
}

/** Names of fields whose values never reach a log, at the top and one level down. */
const SECRET_FIELDS = [
  'password',
  'token',
  'secret',
  'authorization',
  'cookie',
  'apiKey',
  'connectionString',
];

/** orch's own log: JSON lines. Give a part of orch its own `child({ part })`. */
export function createLogger(options: LoggerOptions): Logger {
  const { onError } = options;
  const paths = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]);
  return pino(
    {
      level: options.level,
      base: options.bindings ?? null,
      redact: { paths, censor: '***' },
      timestamp: true,
      formatters: { level: (label) => ({ level: label }) },
      ...(onError === undefined ? {} : { hooks: { logMethod: toldOf(onError) } }),
    },
    typeof options.to === 'number'
      ? destination({ dest: options.to, sync: true })
      : new RotatingFile(options.to),
  );
}

type LogMethod = NonNullable<NonNullable<PinoOptions['hooks']>['logMethod']>;

/** The level of an error among those of pino. */
const ERROR_LEVEL = 50;

function toldOf(onError: (message: string) => void): LogMethod {
  return function (args, method, level) {
    if (level >= ERROR_LEVEL)
      onError(String(args.find((one: unknown) => typeof one === 'string') ?? 'an error'));
    method.apply(this, args);
  };
}
