import type { Style } from '../style.ts';
import { shellWord, shortRunId } from './run-name.ts';
import type { RunTracker } from './run-tracker.ts';
import { cutTo, tamed } from './text-width.ts';

const LINES_MAX = 10;
const INDENT = 7;

/** The ends of logs of failed instances, held back until the line of their key stands on the screen. */
export class FailureTails {
  readonly #tails = new Map<string, readonly string[]>();

  hold(name: string, tail: readonly string[]): void {
    this.#tails.set(name, tail);
  }

  /** The lines whose key is shown by now; each is given once. */
  shown(tracker: RunTracker, columns: number, style: Style): string[] {
    const lines: string[] = [];
    for (const [name, tail] of this.#tails) {
      const instance = tracker.instances.get(name);
      const group = instance === undefined ? null : tracker.groupOf(instance);
      if (group !== null && !group.shown) continue;
      this.#tails.delete(name);
      if (tail.length === 0) continue;
      const cut = tail.slice(-LINES_MAX).map((line) => `    │ ${cutTo(tamed(line), columns - INDENT)}`);
      const command = `orch logs ${shortRunId(tracker.view.run.uid)} ${shellWord(name)}`;
      lines.push(...[...cut, `    ╰ ${cutTo(command, columns - INDENT)}`].map(style.dim));
    }
    return lines;
  }
}
