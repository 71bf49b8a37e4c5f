import { now } from './clock.js';
import { element } from './element.js';

const GLYPHS = {
  success: '✓',
  failed: '✗',
  running: '▶',
  queued: '…',
  scheduled: '…',
  none: '·',
  up_for_retry: '↻',
  skipped: '⊘',
  upstream_failed: '⇡',
  waiting: '⏸',
  paused: '⏸',
  cancelled: '■',
  not_selected: '–',
  removed: '–',
};

/** A state as sign, colour and word; the sign alone has the word for whoever does not see it. */
export function stateMark(state, withWord = true) {
  const word = state.replaceAll('_', ' ');
  const sign = element('span', { 'aria-hidden': true }, GLYPHS[state] ?? '?');
  if (!withWord)
    return element(`span.state.${state}`, { title: word, role: 'img', 'aria-label': word }, sign);
  return element(`span.state.${state}`, {}, sign, ` ${word}`);
}

/** A duration for people: `340 ms`, `1.2 s`, `3 m 05 s`, `2 h 07 m`. */
export function spanText(ms) {
  if (ms === null) return '';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms % 1_000 === 0 ? 0 : 1)} s`;
  const two = (value) => String(Math.floor(value)).padStart(2, '0');
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} m ${two((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${two((ms % 3_600_000) / 60_000)} m`;
}

/** An instant in UTC, to the second; today without its date. */
export function instantMark(text) {
  if (text === null) return '';
  const [day, rest] = text.split('T');
  const clock = rest.slice(0, 8);
  const isToday = day === new Date(now()).toISOString().slice(0, 10);
  const shown = isToday ? `${clock} UTC` : `${day} ${clock} UTC`;
  return element('time', { datetime: text, title: new Date(text).toLocaleString() }, shown);
}

/** The part of a run id that tells it from others. */
export function shortId(runId) {
  return runId.slice(-12);
}

/** What made a run, in a word or two. */
export function triggerText({ trigger, logicalDate }) {
  if (trigger !== 'schedule' && trigger !== 'backfill') return trigger === 'manual' ? 'by hand' : trigger;
  return logicalDate === null ? trigger : `${trigger} ${logicalDate.slice(0, 16).replace('T', ' ')}`;
}

/** The name of a task instance in parts between which a line may end: before the dots of its path. */
export function nameParts(name) {
  // Keys stand in brackets and may have dots.
  const parts = name.split(name.includes('[') ? /(?<=\])(?=\.)/ : /(?=\.)/);
  return parts.map((part) => element('span.part', {}, part));
}
