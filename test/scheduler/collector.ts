import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LineageEvent } from '../../core/telemetry/lineage.ts';
import type { OtlpMetric, OtlpSpan } from '../../core/telemetry/otlp.ts';

/** A server of this machine that takes what orch tells other systems. */
export interface Collector extends AsyncDisposable {
  readonly url: string;
  /** What the next requests are answered with. */
  status: number;
  /** All requests that were answered with 200, by their path. */
  readonly taken: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: unknown }[];
  /** Requests that were answered with something else. */
  refused: number;
  spans(): readonly OtlpSpan[];
  events(): readonly LineageEvent[];
  metrics(): readonly OtlpMetric[];
}

/** Opens one that answers with a status, 200 unless said otherwise. */
export async function openCollector(status = 200): Promise<Collector> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(collector.status, { 'content-type': 'application/json' }).end('{}');
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
      const arrived = { path: request.url ?? '', headers: request.headers, body };
      if (collector.status === 200) collector.taken.push(arrived);
      else collector.refused++;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bodies = <Body>(path: string): Body[] =>
    collector.taken.filter((one) => one.path.split('?')[0] === path).map(({ body }) => body as Body);
  type Traces = { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] };
  type Metrics = { resourceMetrics: { scopeMetrics: { metrics: OtlpMetric[] }[] }[] };
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    status,
    taken: [],
    refused: 0,
    spans: () =>
      bodies<Traces>('/v1/traces').flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
    events: () => bodies<LineageEvent>('/api/v1/lineage'),
    metrics: () =>
      bodies<Metrics>('/v1/metrics')
        .at(-1)
        ?.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)) ?? [],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return collector;
}
