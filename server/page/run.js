import { ask } from './api.js';
import { now } from './clock.js';
import { element, place } from './element.js';
import { LogView } from './log.js';
import { instantMark, nameParts, shortId, spanText, stateMark, triggerText } from './words.js';

const FINISHED = new Set(['success', 'failed', 'cancelled']);
/** States that say all there is to say. */
const SILENT = new Set(['running', 'success']);
const TASKS = 500;

/** One run: how far it is, its task instances, and the log of the one that is chosen. */
export class RunDetail {
  constructor() {
    this.head = element('div');
    this.tasks = element('div');
    this.refused = element('div', { role: 'alert' });
    this.log = new LogView();
    this.root = element('section.detail', { 'aria-label': 'run' });
    this.runId = null;
  }

  /** Shows a run as it is now; `task` is the name of the chosen instance. */
  async show(runId, query) {
    if (this.runId !== runId) {
      this.runId = runId;
      this.refused.replaceChildren();
      this.log.close();
    }
    const only = query.get('only');
    const wanted = new URLSearchParams({ limit: String(TASKS), ...(only === null ? {} : { state: only }) });
    const [run, { items, nextCursor }] = await Promise.all([
      ask(`/runs/${runId}`),
      ask(`/runs/${runId}/task-instances?${wanted}`),
    ]);
    if (this.runId !== runId) return;
    this.root.replaceChildren(this.head, this.refused, this.tasks, this.log.root);
    place(this.head, ...this.headOf(run, query));
    this.acts.replaceChildren(...this.actsOf(run));
    this.head.querySelector('.acts')?.replaceWith(this.acts);
    const chosen = items.find(({ name }) => name === query.get('task'));
    const all = only === null ? run.total : (run.counts[only] ?? 0);
    place(this.tasks, taskTable(runId, items, query, all, nextCursor !== null));
    if (chosen === undefined) this.log.close();
    else await this.log.show(chosen);
  }

  acts = element('div.acts');

  headOf(run, query) {
    const back = new URLSearchParams(query);
    for (const name of ['task', 'only']) back.delete(name);
    const { completed, total, counts } = run;
    const took = run.durationMs ?? null;
    return [
      element('a.back', { href: `#/runs${back.size === 0 ? '' : `?${back}`}` }, '← all runs'),
      element('div.head', {}, element('h1', {}, run.dagId), stateMark(run.state), element('div.acts')),
      element(
        'div.facts',
        {},
        element('code', { title: run.runId }, shortId(run.runId)),
        element('span', {}, triggerText(run)),
        element('span', {}, 'version ', String(run.version)),
        run.startedAt === null
          ? element('span', {}, 'not started')
          : element('span', {}, 'began ', instantMark(run.startedAt)),
        took === null ? null : element('span', {}, 'took ', spanText(took)),
        element('span.number', {}, `${completed} of ${total} tasks`),
      ),
      run.because === null || SILENT.has(run.state) ? null : element('p.why', {}, run.because.text),
      meter(counts, total),
      stateLinks(run, query),
    ].filter((part) => part !== null);
  }

  actsOf(run) {
    const act = (text, path, body = {}) =>
      element('button', { click: (event) => this.act(event.currentTarget, run, path, body) }, text);
    if (run.state === 'paused') return [act('Resume', 'resume'), act('Cancel', 'cancel')];
    if (!FINISHED.has(run.state)) return [act('Pause', 'pause'), act('Cancel', 'cancel')];
    return run.state === 'success' ? [] : [act('Retry what failed', 'retry')];
  }

  async act(button, run, path, body) {
    button.disabled = true;
    try {
      await ask(`/runs/${run.runId}/${path}`, { method: 'POST', body });
      this.refused.replaceChildren();
    } catch (error) {
      this.refused.replaceChildren(element('p.refused', {}, error.message));
    } finally {
      button.disabled = false;
    }
  }
}

const ORDER = [
  'success',
  'skipped',
  'failed',
  'upstream_failed',
  'cancelled',
  'running',
  'up_for_retry',
  'waiting',
];

/** How the instances of a run are divided over the states. */
function meter(counts, total) {
  const parts = ORDER.filter((state) => counts[state] > 0);
  const text = parts.map((state) => `${counts[state]} ${state.replaceAll('_', ' ')}`).join(', ');
  const bars = parts.map((state) => {
    const bar = element(`i.${state}`);
    bar.style.width = `${(100 * counts[state]) / Math.max(1, total)}%`;
    return bar;
  });
  return element('div.meter', { role: 'img', 'aria-label': text, title: text }, ...bars);
}

/** How many instances are in each state: a link to these alone, or from them to all again. */
function stateLinks({ runId, counts }, query) {
  const only = query.get('only');
  // The chosen one stays when its last task has gone on: it is the way back to all.
  const all = only === null || only in counts ? counts : { ...counts, [only]: 0 };
  const links = Object.entries(all)
    .filter(([state, count]) => state === only || (count > 0 && state !== 'removed'))
    .map(([state, count]) => {
      const isChosen = state === only;
      const to = new URLSearchParams(query);
      to.delete('task');
      if (isChosen) to.delete('only');
      else to.set('only', state);
      const href = `#/runs/${runId}${to.size === 0 ? '' : `?${to}`}`;
      const mark = stateMark(state);
      return element('a', { href, 'aria-current': isChosen ? 'true' : null }, mark, ` ${count}`);
    });
  return element('div.states', { role: 'group', 'aria-label': 'tasks by state' }, ...links);
}

function taskTable(runId, items, query, total, isCut) {
  const rows = items.map((task) => {
    const to = new URLSearchParams(query);
    to.set('task', task.name);
    const isChosen = query.get('task') === task.name;
    return element(
      isChosen ? 'tr.chosen' : 'tr',
      {},
      element('td', {}, stateMark(task.state)),
      element('td', {}, element('a', { href: `#/runs/${runId}?${to}` }, ...nameParts(task.name))),
      element('td.narrow-off', {}, whyText(task)),
      element('td.number', {}, task.attempts === 0 ? '' : String(task.attempts)),
      element('td.number', {}, spanText(tookMs(task))),
    );
  });
  const head = element(
    'tr',
    {},
    element('th', { scope: 'col' }, 'state'),
    element('th', { scope: 'col' }, 'task'),
    element('th.narrow-off', { scope: 'col' }, 'why'),
    element('th.number', { scope: 'col' }, 'attempts'),
    element('th.number', { scope: 'col' }, 'took'),
  );
  const table = element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows));
  if (!isCut) return table;
  const text = `The first ${items.length} of ${total} tasks. All of them: `;
  const command = element('code', {}, `orch status ${shortId(runId)}`);
  return element('div', {}, table, element('p.faint', {}, text, command));
}

/** How long an instance took, or has been running, to the second. */
function tookMs({ state, startedAt, durationMs }) {
  if (state !== 'running' || startedAt === null) return durationMs;
  return Math.floor((now() - Date.parse(startedAt)) / 1_000) * 1_000;
}

function whyText(task) {
  if (task.error !== null) return `${task.error.name}: ${task.error.message}`;
  if (task.progress !== null && task.state === 'running') {
    const { done, total, step } = task.progress;
    return `${done} of ${total}${step === null ? '' : `: ${step}`}`;
  }
  return SILENT.has(task.state) || task.because === null ? '' : task.because.text;
}
