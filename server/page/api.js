/** A refusal of the server, as it said it. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `the server answered with ${status}`);
    this.status = status;
  }
}

/** Asks the API for something, or for a change. */
export async function ask(path, { method = 'GET', body } = {}) {
  const headers = { accept: 'application/json', 'x-orch-page': '1' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const init = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
  const response = await fetch(`/api/v1${path}`, init);
  const text = await response.text();
  const json = text === '' ? null : JSON.parse(text);
  if (!response.ok) throw new Refusal(response.status, json ?? {});
  return json;
}

const RETRY_MS = 5_000;
const AT_MOST_EVERY_MS = 400;

/**
 * Calls back when something has changed, as the stream of the server says it, and at intervals while there is
 * none. `onState` is told whether the stream is there.
 */
export function watch(onChange, onState) {
  let isSoon = false;
  let timer = null;
  const changed = () => {
    if (isSoon) return;
    isSoon = true;
    setTimeout(() => {
      isSoon = false;
      onChange();
    }, AT_MOST_EVERY_MS);
  };
  const source = new EventSource('/api/v1/events');
  for (const kind of ['run.changed', 'task.changed']) source.addEventListener(kind, changed);
  source.addEventListener('open', () => {
    clearInterval(timer);
    timer = null;
    onState(true);
    changed();
  });
  source.addEventListener('error', () => {
    timer ??= setInterval(changed, RETRY_MS);
    onState(false);
  });
}
