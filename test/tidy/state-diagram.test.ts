import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TRIGGER_RULES } from '../../core/model/dag.ts';
import {
  CANCELLED_REASONS,
  FAILED_REASONS,
  isFinished,
  RUN_STATES,
  RUN_TRANSITIONS,
  S,
  TASK_STATES,
  TASK_TRANSITIONS,
} from '../../core/model/states.ts';
import { diagramTransitions, mermaidBlocks } from './state-diagram.ts';

const page = readFileSync(new URL('../../docs/states.md', import.meta.url), 'utf8');
const [unfinished = '', finished = '', run = ''] = mermaidBlocks(page);
const groups = { settled: ['success', 'failed', 'skipped', 'upstream_failed', 'cancelled', 'removed'] };

const sorted = (targets: Iterable<string> | undefined): string[] => [...(targets ?? [])].sort();

describe('docs/states.md', () => {
  const drawn = new Map([...diagramTransitions(unfinished, groups), ...diagramTransitions(finished)]);
  it.each([...TASK_STATES])('draws the transitions of a task instance from %s', (state) =>
    expect(sorted(drawn.get(state))).toEqual(sorted(TASK_TRANSITIONS[state])),
  );

  it('draws unfinished states in the first diagram, finished ones in the second', () => {
    const from = (diagram: string) =>
      [...diagramTransitions(diagram).keys()].filter((state) => state !== 'settled');
    expect(from(unfinished)).toEqual(TASK_STATES.filter((state) => !isFinished(S[state])));
    expect(from(finished)).toEqual(TASK_STATES.filter((state) => isFinished(S[state])));
  });

  it.each([...RUN_STATES])('draws the transitions of a run from %s', (state) =>
    expect(sorted(diagramTransitions(run).get(state))).toEqual(sorted(RUN_TRANSITIONS[state])),
  );

  it('explains every state, reason and trigger rule', () => {
    const explained = [...TASK_STATES, ...FAILED_REASONS, ...CANCELLED_REASONS, ...TRIGGER_RULES];
    expect(explained.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('notices a missing arrow', () => {
    const without = finished.replace(/^\s*failed --> none\n/m, '');
    expect(without).not.toBe(finished);
    expect(sorted(diagramTransitions(without).get('failed'))).not.toEqual(sorted(TASK_TRANSITIONS.failed));
  });
});
