import type { TestProject } from 'vitest/node';
import { startPostgres } from './embedded-postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL for all files of a project, or why there is none. */
    readonly postgres: { readonly url: string } | { readonly unavailable: string };
  }
}

/** Starts a PostgreSQL before the tests of a project, and ends it after them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres({ fsync: false });
  const isUp = 'url' in server;
  project.provide('postgres', isUp ? { url: server.url } : server);
  return async () => {
    if (isUp) await server.stop();
  };
}
