import type { Command } from 'commander';
import type { RunScope } from '../core/model/scope.ts';
import { collect } from './command.ts';

export interface ScopeOptions {
  readonly until?: readonly string[];
  readonly from?: readonly string[];
  readonly only?: readonly string[];
  readonly key?: readonly string[];
}

/** Adds the flags that choose a part of a DAG. */
export function defineScope(command: Command): void {
  command
    .optionsGroup('A part of the DAG')
    .option('--until <name>', 'this task, group or stage and all it needs; may be repeated', collect)
    .option('--from <name>', 'this task, group or stage and all that depends on it', collect)
    .option('--only <name>', 'this task, group or stage alone', collect)
    .option('--key <key>', 'only this key of fan-outs; may be repeated', collect)
    .optionsGroup('Options');
}

/** The scope of the flags, keys in order and each once, so that equal scopes have equal forms. */
export function scopeOf(options: ScopeOptions): RunScope {
  const list = (names: readonly string[] | undefined): readonly string[] | undefined =>
    names === undefined ? undefined : [...new Set(names)].sort();
  const until = list(options.until);
  const from = list(options.from);
  const only = list(options.only);
  const keys = list(options.key);
  return {
    ...(until === undefined ? {} : { until }),
    ...(from === undefined ? {} : { from }),
    ...(only === undefined ? {} : { only }),
    ...(keys === undefined ? {} : { keys }),
  };
}

/** The flags that gave a scope. */
export function scopeWords(scope: RunScope): string {
  const words = (flag: string, names: readonly string[] | undefined): string[] =>
    (names ?? []).map((name) => `--${flag} ${name}`);
  return [
    ...words('until', scope.until),
    ...words('from', scope.from),
    ...words('only', scope.only),
    ...words('key', scope.keys),
  ].join(' ');
}
