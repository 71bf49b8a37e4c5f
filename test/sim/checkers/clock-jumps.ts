import type { SimHistory } from '../history.ts';

/** The longest that an instance of a world is put off by itself. */
const WAIT_MAX_MS = 4 * 3_600_000;

/** Whether the clocks went on as usual between two instants. */
export function isUndisturbed({ struck }: SimHistory, fromMono: number, toMono: number): boolean {
  return !struck.some(
    ({ kind, atMono }) => kind.startsWith('jump') && atMono >= fromMono && atMono <= toMono,
  );
}

/** Whether the clock was moved so shortly before an instant that what was put off by then may come late. */
export function jumpedSince(history: SimHistory, atMono: number): boolean {
  return !isUndisturbed(history, atMono - WAIT_MAX_MS, atMono);
}
