import { ask, Refusal, watch } from './api.js';
import { element } from './element.js';
import { RunDetail } from './run.js';
import { RunList } from './runs.js';

const page = document.getElementById('page');
const live = document.getElementById('live');
const asker = document.getElementById('asker');
const list = new RunList();
const detail = new RunDetail();
let isWatching = false;

/** What the address says: the run that is open, and the filters of the list. */
function place() {
  const [path = '', search = ''] = location.hash.slice(1).split('?');
  return { runId: /^\/runs\/([0-9a-f-]+)$/.exec(path)?.[1] ?? null, query: new URLSearchParams(search) };
}

async function show() {
  try {
    const me = await ask('/me');
    tellAsker(me);
    if (!isWatching) startWatching();
    const { runId, query } = place();
    const filters = new URLSearchParams(query);
    for (const name of ['task', 'only']) filters.delete(name);
    page.className = runId === null ? '' : 'has-run';
    if (!page.contains(list.root)) page.replaceChildren(list.root, detail.root);
    if (runId === null)
      detail.root.replaceChildren(element('p.empty', {}, 'Choose a run to see its tasks and their logs.'));
    await Promise.all([list.show(filters, runId), runId === null ? null : detail.show(runId, query)]);
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) return showLogin();
    if (error instanceof Refusal && error.status === 404) {
      detail.root.replaceChildren(element('p.empty', {}, 'There is no such run, or not any more.'));
      return;
    }
    tellLive(false);
  }
}

function startWatching() {
  isWatching = true;
  watch(show, tellLive);
}

function tellLive(isLive) {
  live.className = isLive ? 'live' : 'live away';
  live.textContent = isLive ? 'live' : 'the server does not answer; trying again';
}

function tellAsker({ name }) {
  if (name === 'local') return asker.replaceChildren();
  const leave = async () => {
    await ask('/logout', { method: 'POST' });
    location.reload();
  };
  asker.replaceChildren(name, ' ', element('button', { click: leave }, 'Log out'));
}

async function showLogin() {
  page.className = 'alone';
  if (page.querySelector('form')) return;
  const name = element('input', { name: 'name', autocomplete: 'username', required: true });
  const password = element('input', {
    name: 'password',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
  });
  const refused = element('div', { role: 'alert' });
  const other = element('div', {});
  const enter = async (event) => {
    event.preventDefault();
    try {
      await ask('/login', { method: 'POST', body: { name: name.value, password: password.value } });
      page.replaceChildren();
      await show();
    } catch (error) {
      refused.replaceChildren(element('p.refused', {}, error.message));
    }
  };
  page.replaceChildren(
    element(
      'form.login',
      { submit: enter },
      element('h1', {}, 'Log in'),
      element('label', {}, 'Name', name),
      element('label', {}, 'Password', password),
      element('button', { type: 'submit' }, 'Log in'),
      refused,
      other,
    ),
  );
  name.focus();
  const { oidc } = await ask('/login/methods');
  if (oidc !== null) other.replaceChildren(element('a', { href: oidc.path }, `Sign in with ${oidc.label}`));
}

window.addEventListener('hashchange', show);
await show();
