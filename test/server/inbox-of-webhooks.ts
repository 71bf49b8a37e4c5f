import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface Arrived {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A server of this machine that takes what is posted. */
export interface WebhookInbox extends AsyncDisposable {
  readonly url: string;
  readonly arrived: readonly Arrived[];
  /** Resolves once so many have arrived. */
  until(count: number): Promise<readonly Arrived[]>;
}

/** Answers the first requests with these statuses, or never, and all that follow with 200. */
export async function openWebhookInbox(...statuses: readonly (number | 'never')[]): Promise<WebhookInbox> {
  const arrived: Arrived[] = [];
  const waiters = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const status = statuses[arrived.length] ?? 200;
      response.statusCode = status === 'never' ? 200 : status;
      if (response.statusCode === 302) response.setHeader('location', '/elsewhere');
      arrived.push({
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      if (status !== 'never') response.end();
      for (const wake of waiters) wake();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    arrived,
    until: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (arrived.length < count) return;
          waiters.delete(look);
          resolve(arrived);
        };
        waiters.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
