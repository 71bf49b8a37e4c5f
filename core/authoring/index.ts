/**
 * What DAG files and operators import from `orch`.
 * @module
 */
export { type Static, Type } from 'typebox';
export {
  type Deferral,
  FatalError,
  type NotYet,
  notYet,
  RetryableError,
  type TaskContext,
  type TaskLog,
} from '../model/context.ts';
export type { PriorityLevel, TriggerRule } from '../model/dag.ts';
export type { HookEvent } from '../model/hook.ts';
export type { Json, JsonObject } from '../model/json.ts';
export type { Operator, OperatorContext, OperatorDefinition, OperatorHooks } from '../model/operator.ts';
export type { Keyed, Settled } from '../model/settled.ts';
export { type Dag, dag } from './builder.ts';
export type { ChoiceHandle, Condition, FanOutHandle, GroupHandle, TaskHandle } from './builder-handle.ts';
export type { Ref } from './builder-ref.ts';
export { asset, at, cron, every, onAssets, onFile } from './builder-schedule.ts';
export type {
  ApprovalOptions,
  DagOptions,
  DefaultOptions,
  Duration,
  ForEachOptions,
  GroupOptions,
  Hook,
  HookFunction,
  Inputs,
  Needs,
  RetryOptions,
  Scope,
  SensorOptions,
  TaskOptions,
} from './builder-types.ts';
export { defineOperator } from './define-operator.ts';
