import type { Command } from 'commander';

/** The flags that say where to listen. */
export interface ServerOptions {
  readonly host?: string;
  readonly port?: string;
}

/** Adds `--host` and `--port`. */
export function defineServer(command: Command): void {
  command
    .option('--host <address>', 'another address than server.host of the config; 0.0.0.0 are all')
    .option('--port <port>', 'another port than server.port of the config; 0 takes a free one');
}
