import type { Ref } from './builder-ref.ts';

declare const OUTPUT: unique symbol;
declare const CONDITION: unique symbol;

/**
 * A declared task. `T` is its output as other tasks see it. Name it in `needs`, `after`, `setups` or `over`.
 */
export interface TaskHandle<out T> {
  readonly [OUTPUT]: T;
  readonly kind: 'task';
  /** Dotted path of the task. */
  readonly path: string;
  /** The output, symbolically: `listing.output.symbols` for `over` and `with`. */
  readonly output: Ref<T>;
}

/** A task whose output is one of the texts `V`: the conditions of the branches it guards come from it. */
export interface ChoiceHandle<out V extends string> extends TaskHandle<V> {
  /** For `when`: true if `value` was chosen. */
  is<const W extends V>(value: W): Condition;
  /** For `when`: true if anything but `value` was chosen. */
  isNot<const W extends V>(value: W): Condition;
}

/** A declared fan-out. `T` is the output of its `returns` task for one key. */
export interface FanOutHandle<out T> {
  readonly [OUTPUT]: T;
  readonly kind: 'forEach';
  readonly path: string;
}

/** A declared group; order only, so it goes into `after`. */
export interface GroupHandle<out R> {
  readonly kind: 'group';
  readonly path: string;
  /** What the function of the group returned: handles for the tasks behind it. */
  readonly result: R;
}

/** The condition of a `when`. */
export interface Condition {
  readonly [CONDITION]: true;
}

/** Whatever may stand in `after`. */
export type AnyHandle = TaskHandle<unknown> | FanOutHandle<unknown> | GroupHandle<unknown>;
