import type { Hono } from 'hono';
import { openProject } from '../../core/scheduler/project.ts';
import { type AppOptions, createApp } from '../../server/app.ts';
import { type Services, servicesOf } from '../../server/services.ts';
import { seen } from '../scheduler/seen.ts';
import { type Opened, type TempProject, tempProject } from '../scheduler/temp-project.ts';

/** What a request was answered with. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A project with a scheduler and the API over it; answers that do not fit their schemas are errors. */
export interface Served extends AsyncDisposable {
  readonly project: TempProject;
  readonly orch: Opened;
  readonly services: Services;
  readonly app: Hono;
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** Asks for a resource again and again, whenever something was written, until it is as wanted. */
  until(path: string, isSo: (body: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
}

/** Serves a project of these files. */
export async function serve(
  files: { readonly [path: string]: string },
  options: AppOptions = {},
): Promise<Served> {
  const project = tempProject(files);
  const orch = await project.open({ schedules: true });
  const eye = await openProject(project.dir, { env: {} });
  const services = servicesOf(orch.project, orch.session);
  const app = createApp(services, { checkAnswers: true, ...options });
  const request = async (path: string, init: RequestInit): Promise<Reply> => {
    const response = await app.request(`http://localhost${path}`, init);
    const type = response.headers.get('content-type') ?? '';
    // A stream has no end to wait for.
    const isStream = type.startsWith('text/event-stream');
    const text = isStream ? '' : await response.text();
    if (isStream) await response.body?.cancel();
    const isJson = /json/.test(type);
    const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : { text };
    return { status: response.status, headers: response.headers, body };
  };
  const served: Served = {
    project,
    orch,
    services,
    app,
    get: (path, headers = {}) => request(path, { headers }),
    send: (method, path, body, headers = {}) =>
      request(path, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    post: (path, body = {}, headers = {}) => served.send('POST', path, body, headers),
    until: (path, isSo) =>
      seen(eye, async () => {
        const { body } = await served.get(path);
        return isSo(body) ? body : null;
      }),
    async [Symbol.asyncDispose]() {
      await eye.close();
      await orch[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
  return served;
}
