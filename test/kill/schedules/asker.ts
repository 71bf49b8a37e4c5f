import { OrchProcess } from '../orch-process.ts';
import type { Asked, Wish } from './history.ts';

/** A command line that asks for something. */
export class Asker extends OrchProcess {
  readonly wish: Wish;
  readonly #askedAt = Date.now();
  readonly #printed: string[];
  #endedAt: number | null = null;

  constructor(dir: string, wish: Wish) {
    const printed: string[] = [];
    super([...argumentsOf(wish), '-C', dir], null, (line) => printed.push(line));
    this.wish = wish;
    this.#printed = printed;
    this.child.once('close', () => {
      this.#endedAt = Date.now();
    });
  }

  asked(): Asked {
    const { wish, exit, errors } = this;
    const printed = this.#printed.join('\n');
    return { wish, askedAt: this.#askedAt, endedAt: this.#endedAt, ...exit, errors, printed };
  }
}

function argumentsOf(wish: Wish): string[] {
  const { kind, dagId } = wish;
  if (kind === 'trigger') return [kind, dagId, '--json'];
  if (kind !== 'backfill') return [kind, dagId];
  const [from, to] = [wish.fromAt, wish.toAt].map((at) => new Date(at).toISOString()) as [string, string];
  return [kind, 'create', dagId, '--from', from, '--to', to, '--max-active-runs', '3'];
}
