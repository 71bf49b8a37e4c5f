import type { RunState, TaskState } from '../../core/model/states.ts';
import type { Style } from '../style.ts';

type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'note' | 'dim';

interface Look {
  readonly glyph: string;
  readonly tone: Tone;
  /** The word in append-only output. */
  readonly word: string;
}

/** How states look: glyph, colour and word together, so that none of them has to be seen alone. */
const LOOKS: Readonly<Record<TaskState | RunState, Look>> = {
  none: { glyph: '·', tone: 'dim', word: 'none' },
  scheduled: { glyph: '·', tone: 'dim', word: 'scheduled' },
  queued: { glyph: '…', tone: 'dim', word: 'queued' },
  running: { glyph: '▶', tone: 'busy', word: 'start' },
  paused: { glyph: '‖', tone: 'note', word: 'paused' },
  waiting: { glyph: '‖', tone: 'note', word: 'waiting' },
  up_for_retry: { glyph: '↻', tone: 'warn', word: 'retry' },
  success: { glyph: '✓', tone: 'good', word: 'ok' },
  failed: { glyph: '✗', tone: 'bad', word: 'FAIL' },
  skipped: { glyph: '⊘', tone: 'dim', word: 'skip' },
  upstream_failed: { glyph: '⇡', tone: 'bad', word: 'upstream_failed' },
  cancelled: { glyph: '■', tone: 'warn', word: 'cancelled' },
  not_selected: { glyph: '–', tone: 'dim', word: 'not_selected' },
  removed: { glyph: '–', tone: 'dim', word: 'removed' },
};

/** How a state looks; a newer server may have states that are not known here. */
export function lookOf(state: TaskState | RunState): Look {
  return Object.hasOwn(LOOKS, state) ? LOOKS[state] : { glyph: '·', tone: 'dim', word: state };
}

/** The glyph of a state in its colour. */
export function glyph(state: TaskState | RunState, style: Style): string {
  const look = lookOf(state);
  return style[look.tone](look.glyph);
}

/** A text in the colour of a state. */
export function toned(state: TaskState | RunState, text: string, style: Style): string {
  return style[lookOf(state).tone](text);
}
