import { systemClock } from '../core/model/clock.ts';
import type { Host, Output } from './context.ts';

const COLUMNS_WITHOUT_TERMINAL = 80;
const ROWS_WITHOUT_TERMINAL = 24;

/** The process as a host. A reader that goes away (`| head`) ends the output, not the process. */
export function processHost(process: NodeJS.Process): Host {
  return {
    env: process.env,
    cwd: process.cwd(),
    clock: systemClock,
    get stdin() {
      return process.stdin;
    },
    stdout: output(process.stdout),
    stderr: output(process.stderr),
  };
}

function output(stream: NodeJS.WriteStream): Output {
  let closed = false;
  stream.on('error', () => {
    closed = true;
  });
  return {
    write: (text) => {
      if (!closed) stream.write(text);
    },
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns || COLUMNS_WITHOUT_TERMINAL;
    },
    get rows() {
      return stream.rows || ROWS_WITHOUT_TERMINAL;
    },
    get closed() {
      return closed;
    },
    drained: async () => {
      if (!closed && stream.writableNeedDrain)
        await new Promise<void>((resolve) => onceFree(stream, resolve));
    },
    stream,
  };
}

function onceFree(stream: NodeJS.WriteStream, resolve: () => void): void {
  const free = (): void => {
    stream.off('drain', free).off('error', free).off('close', free);
    resolve();
  };
  stream.on('drain', free).on('error', free).on('close', free);
}
