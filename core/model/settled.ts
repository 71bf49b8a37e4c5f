import type { TaskState } from './states.ts';

/** What a task that needs a fan-out gets under `all_success`: one value per key. */
export interface Keyed<T> {
  readonly key: string;
  readonly value: T;
}

/**
 * What a task that needs a fan-out gets under every other rule: `value` exists only when `state` is
 * `success`.
 */
export type Settled<T> =
  | { readonly key: string; readonly state: 'success'; readonly value: T }
  | {
      readonly key: string;
      readonly state: Exclude<TaskState, 'success'>;
      readonly value?: undefined;
      readonly error?: string;
    };
