/** What one scaling goal asks for, and what was found. */
export interface Reading {
  /** Number of the goal, or `load` for a thousand DAGs that are due every minute. */
  readonly goal: string;
  readonly what: string;
  readonly aim: string;
  readonly found: string;
  /** `null`: there is no aim, the figure explains another one. */
  readonly met: boolean | null;
}

/** Milliseconds as people read them. */
export function ms(value: number): string {
  return `${Number(value.toPrecision(3))} ms`;
}

/** Microseconds as people read them. */
export function us(value: number): string {
  return `${Number(value.toPrecision(3))} us`;
}
