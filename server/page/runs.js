import { ask } from './api.js';
import { now } from './clock.js';
import { element, place } from './element.js';
import { instantMark, shortId, spanText, stateMark, triggerText } from './words.js';

const STATES = ['queued', 'running', 'paused', 'success', 'failed', 'cancelled'];
const PAGE = 50;
/** Runs that are listed at most: the API gives no more at once. */
const SHOWN = 500;

/** The list of runs: newest first, by DAG and state, with more on demand. */
export class RunList {
  constructor() {
    this.pages = 1;
    this.dag = element('select', { 'aria-label': 'DAG', change: () => this.choose() });
    this.state = element('select', { 'aria-label': 'state', change: () => this.choose() });
    place(this.state, option('', 'every state'), ...STATES.map((state) => option(state, state)));
    place(this.dag, option('', 'every DAG'));
    this.rows = element('ul.rows');
    this.below = element('div');
    const filters = element('div.filters', {}, this.dag, this.state);
    this.root = element('section.list', { 'aria-label': 'runs' }, filters, this.rows, this.below);
  }

  choose() {
    const query = new URLSearchParams();
    if (this.dag.value !== '') query.set('dagId', this.dag.value);
    if (this.state.value !== '') query.set('state', this.state.value);
    this.pages = 1;
    location.hash = `#/runs${query.size === 0 ? '' : `?${query}`}`;
  }

  /** Shows what is there now; `query` has the filters, `chosen` is the run that is open. */
  async show(query, chosen) {
    await this.offerDags(query.get('dagId') ?? '');
    this.state.value = query.get('state') ?? '';
    const wanted = new URLSearchParams({ limit: String(Math.min(this.pages * PAGE, SHOWN)) });
    for (const name of ['dagId', 'state']) if (query.get(name)) wanted.set(name, query.get(name));
    const { items, nextCursor } = await ask(`/runs?${wanted}`);
    place(this.rows, ...items.map((run) => row(run, query, run.runId === chosen)));
    const more = element('button.more', { click: () => this.more(query, chosen) }, 'Show more');
    if (items.length === 0) place(this.below, nothing(query));
    else if (nextCursor === null) this.below.replaceChildren();
    else this.below.replaceChildren(items.length < SHOWN ? more : older());
  }

  async more(query, chosen) {
    this.pages += 1;
    await this.show(query, chosen);
  }

  async offerDags(chosen) {
    if (this.dag.options.length < 2) {
      const { items } = await ask('/dags?limit=500');
      place(this.dag, option('', 'every DAG'), ...items.map(({ dagId }) => option(dagId, dagId)));
    }
    this.dag.value = chosen;
  }
}

function option(value, text) {
  return element('option', { value }, text);
}

function row(run, query, isChosen) {
  const since = run.startedAt ?? run.createdAt;
  const took = run.durationMs ?? (run.startedAt === null ? null : now() - Date.parse(run.startedAt));
  const href = `#/runs/${run.runId}${query.size === 0 ? '' : `?${query}`}`;
  const span = run.endedAt === null && took !== null ? Math.floor(took / 1_000) * 1_000 : took;
  return element(
    'li',
    {},
    element(
      'a.row',
      { href, 'aria-current': isChosen ? 'true' : null },
      stateMark(run.state, false),
      element('span.title', {}, run.dagId),
      element('span.number.faint', {}, spanText(span)),
      element(
        'span.under',
        {},
        element('code', {}, shortId(run.runId)),
        instantMark(since),
        element('span', {}, triggerText(run)),
      ),
    ),
  );
}

/** What to do about runs that have no place in the list. */
function older() {
  const command = element('code', {}, 'orch runs --limit 10000');
  return element('p.empty', {}, `The newest ${SHOWN} runs. Choose a DAG or a state, or `, command, '.');
}

function nothing(query) {
  if (query.size > 0) return element('p.empty', {}, 'No run is like that.');
  return element(
    'p.empty',
    {},
    'There are no runs yet. Start one: ',
    element('code', {}, 'orch trigger <dag>'),
  );
}
