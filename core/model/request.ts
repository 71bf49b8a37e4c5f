import type { JsonObject } from './json.ts';
import type { TriggerKind } from './run.ts';
import type { RunScope } from './scope.ts';

/**
 * What users ask of the leader. Every request is a row of the inbox, whoever asks and from wherever, so that
 * it survives any crash once the asker was told its number.
 */
export type Request =
  | {
      readonly type: 'trigger';
      readonly dagId: string;
      /** The id that the run shall have: asking twice with one id gives one run. */
      readonly runUid: string;
      readonly trigger: TriggerKind;
      readonly params: JsonObject;
      readonly scope: RunScope;
      readonly maxParallel: number | null;
      readonly inputsFrom: string | null;
      /** An unfinished run that this one replaces; it ends `cancelled` first. */
      readonly replaces: string | null;
    }
  /** Take over an unfinished run whose owner is gone. */
  | { readonly type: 'adopt'; readonly runUid: string }
  | { readonly type: 'cancel'; readonly runUid: string; readonly by: string }
  /** Stop at once: kills without grace. */
  | { readonly type: 'kill'; readonly runUid: string; readonly by: string }
  | { readonly type: 'pauseRun'; readonly runUid: string; readonly by: string }
  | { readonly type: 'resumeRun'; readonly runUid: string; readonly by: string }
  | {
      readonly type: 'retry';
      readonly runUid: string;
      readonly by: string;
      /** `failed`: everything that did not end well; `all`: the whole run; else the named instances. */
      readonly select: 'failed' | 'all' | 'tasks';
      /** Task names or instance names such as `symbol[BTC].collect`; with `select: 'tasks'`. */
      readonly tasks: readonly string[];
      readonly upstream: boolean;
      readonly downstream: boolean;
    }
  | {
      readonly type: 'markTask';
      readonly runUid: string;
      readonly by: string;
      readonly instance: string;
      readonly state: 'success' | 'failed';
    }
  | {
      readonly type: 'markRun';
      readonly runUid: string;
      readonly by: string;
      readonly state: 'success' | 'failed';
    };
