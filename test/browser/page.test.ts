import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../server/app.ts';
import { type Listening, listen } from '../../server/listen.ts';
import { type Served, serve } from '../server/served.ts';
import { Browser } from './browser.ts';
import type { Tab } from './tab.ts';

const PASSWORD = 'correct horse battery';
/** Texts that run if they are read as anything but text. */
const MARKUP = [
  `<img src=x onerror="canary('img')">`,
  `"><script>canary('script')</script>`,
  `'><svg onload=canary('svg')>`,
  `</pre></textarea><iframe srcdoc="<script>parent.canary('frame')</script>">`,
  `javascript:canary('address')`,
];
const LINK = `\u001b]8;;javascript:canary('link')\u0007link\u001b]8;;\u0007`;
const LINE = `\u001b[31m${MARKUP[0]}\u001b[0m ${LINK} end`;

const HOSTILE = `
import { dag, Type } from 'orch';
const params = Type.Object({ note: Type.String({ default: '' }) });
export default dag({ id: 'hostile', description: ${JSON.stringify(MARKUP[0])}, params }, (d) => {
  d.forEach('key', { over: ${JSON.stringify(MARKUP)}, maxParallel: 1 }, (g, key) =>
    g.task('fails', { needs: { key }, retries: 0 }, ({ key }, ctx) => {
      console.log(${JSON.stringify(LINE)}, key);
      ctx.progress(1, 2, key);
      throw Object.assign(new Error('message ' + key), { name: 'Name' + key });
    }));
});
`;
const FILES = {
  'dags/hostile.ts': HOSTILE,
  'dags/wrong.yaml': `id: ${JSON.stringify(MARKUP[0])}\ntasks: { one: { run: 'true' } }\n`,
  'dags/live.yaml': `id: live\ntasks: { talk: { run: 'mkfifo say; echo first; cat say' } }\n`,
  'dags/quiet.yaml': `id: quiet\ntasks: { one: { run: 'true' } }\n`,
  'airflow.yaml': 'alerts: { rules: { failed: { on: run_failure, title: "${{ alert.message }}" } } }\n',
};

/** Asks a server for all that a page of another site can ask a browser for, and tells how it went. */
const ATTACK = `async (base) => {
  const dag = base + '/api/v1/dags/quiet';
  const run = dag + '/runs';
  const socket = base.replace('http', 'ws') + '/api/v1/metrics/realtime/ws';
  const events = new EventSource(base + '/api/v1/events', { withCredentials: true });
  const send = (init, url = run) => fetch(url, { credentials: 'include', ...init }).then(
    async (answer) => 'read: ' + (await answer.text()), () => 'kept out');
  const heard = (target, ...names) => new Promise((done) => {
    for (const name of names) target.addEventListener(name, () => done(name), { once: true });
  });
  const json = { 'content-type': 'application/json', 'x-orch-page': '1' };
  const script = Object.assign(document.createElement('script'), { src: base + '/openapi.json' });
  const [kept, loaded] = [heard(events, 'open', 'error'), heard(script, 'load', 'error')];
  document.body.append(script);
  return {
    text: await send({ method: 'POST', mode: 'no-cors', body: '{}' }),
    empty: await send({ method: 'POST', mode: 'no-cors' }),
    json: await send({ method: 'POST', headers: json, body: '{}' }),
    pause: await send({ method: 'PATCH', headers: json, body: '{"paused":true}' }, dag),
    read: await send({}, base + '/api/v1/me'),
    beacon: String(navigator.sendBeacon(run, new Blob(['{}'], { type: 'text/plain' }))),
    script: await loaded,
    events: await kept,
    socket: await heard(new WebSocket(socket), 'open', 'error'),
  };
}`;
/** A change as pages of the server itself make it. */
const OWN_CHANGE = `fetch('/api/v1/dags/quiet/runs', {
  method: 'POST', headers: { 'content-type': 'application/json', 'x-orch-page': '1' }, body: '{}',
}).then(({ status }) => status)`;
/** Leaves for a server with a form that reads as JSON. */
const FORM = `(base) => {
  const form = Object.assign(document.createElement('form'), {
    ...{ method: 'post', action: base + '/api/v1/dags/quiet/runs', enctype: 'text/plain' } });
  form.append(Object.assign(document.createElement('input'), { name: '{"params":{"a":"', value: '"}}' }));
  document.body.append(form);
  form.submit();
}`;
/** How the attack goes. */
const FENDED = {
  ...{ text: 'kept out', empty: 'kept out', json: 'kept out', pause: 'kept out', read: 'kept out' },
  ...{ beacon: 'true', script: 'error', events: 'error', socket: 'error' },
};

const started = await Browser.start();
const reason = 'unavailable' in started ? started.unavailable : '';

// Without the browser of the npm package there is nothing to test with: the reason is in the title.
describe.skipIf(reason !== '')(`the page in a browser${reason && ` (none starts here: ${reason})`}`, () => {
  const browser = started as Browser;
  const afterwards = new AsyncDisposableStack();
  let api: Served;
  let own: Listening;
  let open: Listening;
  let other: Server;
  let tab: Tab;
  let runId: string;

  beforeAll(async () => {
    afterwards.use(browser);
    api = afterwards.use(await serve(FILES));
    const account = { grants: [{ dags: '*', role: 'operator' }], password: PASSWORD };
    expect((await api.send('PUT', '/api/v1/users/ann', account)).status).toBe(200);
    const place = { address: '127.0.0.1', port: 0 };
    own = await listen(createApp(api.services, { isOpen: false }), place, api.services.live);
    open = await listen(createApp(api.services), place);
    for (const one of [own, open]) afterwards.defer(() => one.close());
    other = createServer((_, answer) => {
      answer.setHeader('content-type', 'text/html').end(`<body><script>canary('of another site')</script>`);
    });
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    afterwards.defer(() => void other.close());
    afterwards.defer(() => other.closeAllConnections());
    const { body } = await api.post('/api/v1/dags/hostile/runs', { params: { note: MARKUP[1] } });
    runId = String(body['runId']);
    await api.until(`/api/v1/runs/${runId}`, ({ state }) => state === 'failed');
    tab = await browser.tab();
    await logIn();
  });
  beforeEach(() => tab.forget());
  afterAll(() => afterwards.disposeAsync());

  const type = (name: string, text: string) =>
    tab.value(`document.querySelector('input[name=${name}]').value = ${JSON.stringify(text)}`);
  const press = (text: string) =>
    tab.value(
      `[...document.querySelectorAll('button')].find((one) => one.textContent === '${text}').click()`,
    );
  const shows = (text: string, where = '#page') =>
    tab.until(`document.querySelector('${where}')?.textContent.includes(${JSON.stringify(text)})`);

  /** The wrong name first: its refusal is shown. */
  async function logIn(): Promise<void> {
    await tab.open(`${own.url}/#/runs?dagId=${encodeURIComponent(MARKUP[1] as string)}`);
    await tab.until(`document.querySelector('form.login')`);
    await type('name', MARKUP[0] as string);
    await type('password', PASSWORD);
    await press('Log in');
    await tab.until(`document.querySelector('form.login [role=alert]').textContent !== ''`);
    await type('name', 'ann');
    await press('Log in');
    await shows('ann', '#asker');
    nothingRan();
  }

  function nothingRan(): void {
    const { requests, ran, refused } = tab.deeds;
    expect({ ran, refused }).toEqual({ ran: [], refused: [] });
    expect(requests.filter((url) => !url.startsWith(`${own.url}/`))).toEqual([]);
  }

  test('lets somebody in with a password, and keeps the cookie from scripts', async () => {
    await tab.open(`${own.url}/`);
    await shows('ann', '#asker');
    expect(await tab.value('document.cookie')).toBe('');
    nothingRan();
  });

  test('hostile names, errors and lines are text: nothing runs, nothing is asked for elsewhere', async () => {
    await tab.open(`${own.url}/#/runs/${runId}?task=${encodeURIComponent(MARKUP[0] as string)}`);
    for (const text of MARKUP) {
      await shows(`key[${text}].fails`);
      await shows(`Name${text}: message ${text}`);
    }
    for (const [at, text] of MARKUP.entries()) {
      await tab.value(`document.querySelectorAll('.detail a[href*="task="]')[${at}].click()`);
      await shows(`end ${text}`, '.log pre');
      expect(await tab.value(`document.querySelector('.log h2').textContent`)).toContain(
        `key[${text}].fails`,
      );
    }
    await tab.open(`${own.url}/docs#${encodeURIComponent(MARKUP[2] as string)}`);
    await shows('/api/v1/runs', 'body');
    const made = await tab.value(
      `document.querySelectorAll('img, iframe, svg, [onload], a[href^="java" i]').length`,
    );
    expect(made).toBe(0);
    nothingRan();
  });

  test('shows lines as they are written, and the end as it comes', async () => {
    const { body } = await api.post('/api/v1/dags/live/runs');
    await tab.open(`${own.url}/#/runs/${body['runId']}?task=talk`);
    await shows('first', '.log pre');
    writeFileSync(join(api.project.dir, 'say'), 'last\n');
    await shows('last', '.log pre');
    await tab.until(`document.querySelector('.detail .head .success')`);
    nothingRan();
  });

  test.each(['127.0.0.1', 'localhost'])(
    'a page of another port of %s changes and reads nothing',
    async (host) => {
      const quiet = async () => (await api.get('/api/v1/runs?dagId=quiet')).body['items'] as unknown[];
      const before = (await quiet()).length;
      const evil = `http://${host}:${(other.address() as AddressInfo).port}/`;
      await tab.open(`${own.url}/`);
      expect(await tab.value(OWN_CHANGE)).toBe(201);
      nothingRan();
      for (const { url } of [own, open]) {
        await tab.open(evil);
        expect(tab.deeds.ran.splice(0)).toEqual(['of another site']);
        expect(await tab.value(`(${ATTACK})('${url}')`)).toEqual(FENDED);
        await tab.leave(`(${FORM})('${url}')`);
        expect(await tab.value('document.body.textContent')).toMatch(/"status":(401|403)/);
      }
      expect(await quiet()).toHaveLength(before + 1);
      expect((await api.get('/api/v1/dags/quiet')).body).toMatchObject({ paused: false });
    },
  );

  test('keeps what is put into it as HTML from running, and says so', async () => {
    await tab.open(`${own.url}/`);
    const html = JSON.stringify(MARKUP.join(''));
    await tab.value(`void document.body.insertAdjacentHTML('beforeend', ${html})`);
    const told = `document.addEventListener('securitypolicyviolation', done, { once: true })`;
    const link = `Object.assign(document.createElement('script'), { textContent: 'canary(1)' })`;
    await tab.value(`new Promise((done) => { ${told}; document.body.append(${link}); }).then(() => {})`);
    expect(tab.deeds.ran).toEqual([]);
    expect(tab.deeds.refused.join()).toContain('script-src-elem inline');
  });
});
