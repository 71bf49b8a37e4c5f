import type { Static, TObject } from 'typebox';
import type { NotYet, TaskContext } from '../model/context.ts';
import type { TriggerRule } from '../model/dag.ts';
import type { DagHookName, HookEvent, TaskHookName } from '../model/hook.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { Keyed, Settled } from '../model/settled.ts';
import type {
  AuthorDag,
  AuthorForEach,
  AuthorHook,
  AuthorRetries,
  AuthorSchedule,
  AuthorTask,
  TaskDefaults,
} from './author-form.ts';
import type {
  AnyHandle,
  ChoiceHandle,
  Condition,
  FanOutHandle,
  GroupHandle,
  TaskHandle,
} from './builder-handle.ts';
import type { Jsonify } from './builder-json.ts';
import type { JsonWithRefs, Ref, RefTo } from './builder-ref.ts';

type Unit = 'ms' | 's' | 'm' | 'h' | 'd';
/** `90s`, `5m`, `2h`, `1d`, `250ms`, two or three of them as in `1h30m`, or a number of milliseconds. */
export type DurationText =
  | `${number}${Unit}`
  | `${number}d${number}h`
  | `${number}h${number}m`
  | `${number}m${number}s`
  | `${number}d${number}h${number}m`
  | `${number}h${number}m${number}s`;
export type Duration = DurationText | number;

/** `T` with its duration fields `K` checked as {@link Duration}. */
type WithDurations<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]?: Duration };

export interface RetryOptions extends WithDurations<AuthorRetries, 'delay' | 'maxDelay'> {}

/** What tasks inherit: DAG < group or fan-out < task. Values of `env` may be symbolic. */
export interface DefaultOptions
  extends WithDurations<Omit<TaskDefaults, 'retries' | 'env'>, 'timeout' | 'killGrace'> {
  readonly retries?: number | RetryOptions;
  readonly env?: { readonly [name: string]: string | RefTo<string | number | boolean> };
}

/** A function that is told what has happened; its `ctx` is that of a task. */
export type HookFunction = (given: { readonly event: HookEvent }, ctx: TaskContext<JsonObject>) => unknown;

/** What is run at a moment: a function, or code by reference (`uses`) or a command (`run`), as in YAML. */
export type Hook =
  | HookFunction
  | (Omit<WithDurations<AuthorHook, 'timeout'>, 'retries' | 'uses'> & {
      readonly uses?: string | HookFunction;
      readonly retries?: number | RetryOptions;
    });

/** One hook, or up to ten, for each of some moments. */
type Hooks<Name extends string> = { readonly [Moment in Name]?: Hook | readonly Hook[] };

/** What a task may need: the output of a task, the results of a fan-out, a param, the item of a fan-out. */
export type Need = TaskHandle<unknown> | FanOutHandle<unknown> | RefTo<unknown>;
export interface Needs {
  readonly [input: string]: Need;
}

/** What one need gives to the function under a trigger rule. */
export type Input<N, Rule> =
  N extends FanOutHandle<infer T>
    ? Rule extends 'all_success'
      ? Keyed<T>[]
      : Settled<T>[]
    : N extends TaskHandle<infer T>
      ? Rule extends 'all_success'
        ? T
        : T | undefined
      : N extends RefTo<infer T>
        ? T
        : never;

/** The first argument of a task function. */
export type Inputs<N, Rule> = { readonly [K in keyof N]: Input<N[K], Rule> };

/** Options of a task, beside what it does. `N` and `Rule` decide the types of the inputs. */
export interface TaskOptions<
  N extends Needs,
  Rule extends TriggerRule,
  V extends string = string,
  C extends string = string,
> extends DefaultOptions,
    Hooks<TaskHookName>,
    Pick<
      AuthorTask,
      | 'description'
      | 'stage'
      | 'shortCircuit'
      | 'critical'
      | 'teardown'
      | 'failRun'
      | 'maxActive'
      | 'maxActivePerRun'
      | 'dependsOnPast'
      | 'waitForDownstream'
      | 'latestOnly'
      | 'produces'
      | 'cache'
    > {
  readonly needs?: N;
  /** Variables that it may read, with `ctx.variable(name)`; a command finds them as `ORCH_VAR_<name>`. */
  readonly variables?: readonly V[];
  /** Connections that it may read, with `ctx.connection(name)`; a command finds `ORCH_CONN_<name>`, JSON. */
  readonly connections?: readonly C[];
  /** Order only: these finish first. */
  readonly after?: readonly AnyHandle[];
  readonly triggerRule?: Rule;
  /** A condition of a choice, or a bare expression; false skips the task. */
  readonly when?: Condition | string;
  /** It is done again until an expression over `output` holds; `ctx.state` is the output before. */
  readonly loop?: { readonly until: string; readonly maxIterations?: number; readonly delay?: Duration };
  /** The setups that this teardown belongs to. */
  readonly setups?: readonly TaskHandle<unknown>[];
  /** Further inputs of the function or operator; any part may be symbolic. */
  readonly with?: { readonly [name: string]: JsonWithRefs };
}

/** Options of a sensor. `timeout` is that of all its looks together. */
export interface SensorOptions<
  N extends Needs,
  Rule extends TriggerRule,
  V extends string = string,
  C extends string = string,
> extends Omit<TaskOptions<N, Rule, V, C>, 'timeout' | 'loop'> {
  readonly every: Duration;
  /** So long it looks in all, counted from its first look; 7 days by default. */
  readonly timeout?: Duration;
  /** It is skipped, not failed, when its time is over. */
  readonly softFail?: boolean;
  /** The longest time of one look. */
  readonly attemptTimeout?: Duration;
}

/** A question to people. */
export interface ApprovalOptions<V extends string> {
  readonly title: string;
  readonly options: readonly V[];
  /** So long it waits for an answer; absent: as long as its run. */
  readonly timeout?: Duration;
  /** The option that holds then; absent: it fails. */
  readonly onTimeout?: NoInfer<V>;
}

/** What a task without a function does, as in YAML: code by reference, a command, or joining others. */
export type ActionOptions =
  | { readonly uses: string; readonly run?: never }
  | { readonly run: string | readonly string[]; readonly skipExitCode?: number; readonly uses?: never }
  | { readonly after: readonly AnyHandle[]; readonly uses?: never; readonly run?: never };

export type ChooseCases = readonly (
  | { readonly when: string; readonly value: string }
  | { readonly otherwise: string }
)[];
type CaseValue<C> = C extends { readonly value: infer V extends string }
  ? V
  : C extends { readonly otherwise: infer V extends string }
    ? V
    : never;

/** Options of a group. */
export interface GroupOptions {
  readonly description?: string;
  readonly stage?: string;
  readonly defaults?: DefaultOptions;
  readonly after?: readonly AnyHandle[];
}

/** Options of a fan-out over items of type `Item`. */
export interface ForEachOptions<Item>
  extends Pick<AuthorForEach['forEach'], 'as' | 'maxParallel' | 'maxKeys' | 'minSuccess'> {
  readonly description?: string;
  readonly stage?: string;
  /** A param, an output (or a field of it), an array, or `${{ }}` around an expression. */
  readonly over: RefTo<readonly Item[]> | TaskHandle<readonly Item[]> | readonly Item[] | `\${{${string}}}`;
  /** The key of an item: a field of it, or `${{ }}` around an expression. Absent: the item itself. */
  readonly key?: ((item: Ref<Item>) => RefTo<string | number>) | `\${{${string}}}`;
  /** Names for outputs that the expression of `over` reads as `needs.<name>`. */
  readonly needs?: { readonly [input: string]: TaskHandle<unknown> | FanOutHandle<unknown> };
  readonly after?: readonly AnyHandle[];
  readonly triggerRule?: TriggerRule;
  readonly defaults?: DefaultOptions;
}

/** Options of a DAG. */
export interface DagOptions<S extends TObject>
  extends WithDurations<
      Omit<AuthorDag, 'params' | 'tasks' | 'schedule' | 'defaults' | DagHookName>,
      'misfireGrace' | 'jitter' | 'timeout' | 'deadline'
    >,
    Hooks<DagHookName> {
  /** `Type.Object({...})`; a param without `default` is required at trigger. */
  readonly params?: S;
  readonly schedule?: AuthorSchedule | readonly AuthorSchedule[];
  readonly defaults?: DefaultOptions;
}

/** A task function: `(inputs, ctx)`. */
export type Handler<In, P, Out, V extends string = never, C extends string = never> = (
  inputs: In,
  ctx: TaskContext<P, V, C>,
) => Out;

type OutputOf<H> =
  H extends TaskHandle<infer T> ? T : H extends FanOutHandle<infer T> ? Keyed<T>[] : undefined;
type NoNeeds = Record<never, never>;

/** Where tasks are declared: the DAG itself, a group or the inside of a fan-out. `P` are the params. */
export interface Scope<P> {
  /** The params, symbolically: for `needs`, `over`, `with` and `env`. */
  readonly params: { readonly [K in keyof P]-?: Ref<P[K]> };

  /** A task that is a function of nothing but its context. */
  task<Out>(id: string, run: Handler<NoNeeds, P, Out>): TaskHandle<Jsonify<Awaited<Out>>>;
  /**
   * A task by reference (`uses`) or command (`run`), or one that only joins others (`after`). Give the type
   * of its output if it is needed.
   */
  task<Out = Json>(id: string, options: TaskOptions<Needs, TriggerRule> & ActionOptions): TaskHandle<Out>;
  /** A task whose inputs are what `needs` names. */
  task<
    Out,
    N extends Needs = NoNeeds,
    Rule extends TriggerRule = 'all_success',
    const V extends string = never,
    const C extends string = never,
  >(
    id: string,
    options: TaskOptions<N, Rule, V, C> & { readonly uses?: never; readonly run?: never },
    run: Handler<Inputs<N, Rule>, P, Out, V, C>,
  ): TaskHandle<Jsonify<Awaited<Out>>>;

  /** A branch decided by a function that returns one of a few texts. */
  choose<const V extends string>(id: string, run: Handler<NoNeeds, P, V | Promise<V>>): ChoiceHandle<V>;
  /** A branch decided by expressions: the first case that holds, else `otherwise`. */
  choose<const C extends ChooseCases>(
    id: string,
    options: TaskOptions<Needs, TriggerRule> & { readonly choose: C },
  ): ChoiceHandle<CaseValue<C[number]>>;
  choose<
    const V extends string,
    N extends Needs = NoNeeds,
    Rule extends TriggerRule = 'all_success',
    const Variable extends string = never,
    const C extends string = never,
  >(
    id: string,
    options: TaskOptions<N, Rule, Variable, C> & { readonly choose?: never },
    run: Handler<Inputs<N, Rule>, P, V | Promise<V>, Variable, C>,
  ): ChoiceHandle<V>;

  /**
   * A task that looks again and again until what it looks for is there: its function returns `notYet` until
   * then. Between the looks it holds no process and no slots.
   */
  sensor<
    Out,
    N extends Needs = NoNeeds,
    Rule extends TriggerRule = 'all_success',
    const V extends string = never,
    const C extends string = never,
  >(
    id: string,
    options: SensorOptions<N, Rule, V, C> & { readonly uses?: never; readonly run?: never },
    run: Handler<Inputs<N, Rule>, P, Out, V, C>,
  ): TaskHandle<Jsonify<Exclude<Awaited<Out>, NotYet>>>;
  sensor<Out = Json>(id: string, options: SensorOptions<Needs, TriggerRule> & ActionOptions): TaskHandle<Out>;

  /** Asks people and waits, without a process or slots; the option that they choose is its output. */
  approval<const V extends string>(
    id: string,
    options: ApprovalOptions<V> &
      Pick<
        TaskOptions<Needs, TriggerRule>,
        'description' | 'stage' | 'needs' | 'after' | 'when' | 'triggerRule'
      >,
  ): ChoiceHandle<V>;

  /** Tasks under a common prefix, with common defaults. */
  group<R>(id: string, build: (g: Scope<P>) => R): GroupHandle<R>;
  group<R>(id: string, options: GroupOptions, build: (g: Scope<P>) => R): GroupHandle<R>;

  /** Tasks that exist once per item; what `build` returns is the result of one key. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a function without `return` is allowed
  forEach<Item, H extends TaskHandle<unknown> | FanOutHandle<unknown> | void>(
    id: string,
    options: ForEachOptions<Item>,
    build: (g: Scope<P>, item: Ref<Item>) => H,
  ): FanOutHandle<OutputOf<H>>;
}

/**
 * The params of a schema as functions get them, spelled out so that a DAG without params has none. `in out`
 * spares the compiler to find out how they vary: it would compare `Static` with itself, a million types.
 */
export type ParamsOf<in out S extends TObject> = { [K in keyof Static<S>]: Static<S>[K] };
