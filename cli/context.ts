import type { Clock } from '../core/model/clock.ts';
import type { ColorChoice, Style } from './style.ts';

/** What a command may know of the process it runs in; tests give another one. */
export interface Host {
  readonly env: { readonly [name: string]: string | undefined };
  readonly cwd: string;
  readonly clock: Clock;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** What a command reads: a terminal or a pipe. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** A stream as a command sees it. Writing never fails: once the reader is gone, text is dropped. */
export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
  /** Whether the reader is gone. */
  readonly closed: boolean;
  /** Resolves once what was written has gone out: long outputs wait for slow readers. */
  drained(): Promise<void>;
  /** The stream itself, for what draws on it. */
  readonly stream: NodeJS.WritableStream;
}

/** The flags that every command has. */
export interface GlobalFlags {
  readonly directory: string;
  readonly json: boolean;
  readonly color: ColorChoice;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly profile?: string;
  /** The address of a server, or the name of a context. */
  readonly server?: string;
  readonly tokenStdin: boolean;
  readonly allowHttp: boolean;
}

/** What a command gets to do its work. */
export interface CommandContext {
  readonly host: Host;
  readonly flags: GlobalFlags;
  /** Style of stdout, and of stderr. */
  readonly style: Style;
  readonly errStyle: Style;
  /** Writes lines of data to stdout. */
  print(text: string): void;
  /** Writes one JSON document, or one event of a stream, as a line to stdout. */
  json(value: unknown, layout?: 'document' | 'event'): void;
  /** Writes a line for people to stderr; nothing under `--quiet`. */
  say(text: string): void;
  /** Writes a warning to stderr. */
  warn(text: string): void;
}
