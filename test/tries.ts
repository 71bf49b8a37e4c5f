/** The part of its cases that a property is tried with; `TRIES=1 npm test` tries it with all of them. */
const PART = Number(process.env['TRIES'] ?? 0.25);

/** How many of so many cases a run of the tests has time for. */
export function tries(all: number): number {
  return Math.max(1, Math.ceil(all * PART));
}
