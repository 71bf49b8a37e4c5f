import type { Command } from 'commander';
import { collect } from './command.ts';
import type { ParamInput } from './params.ts';

export interface ParamOptions {
  readonly param?: readonly string[];
  readonly paramsFile?: string;
}

/** Adds the flags that give params. */
export function definePlanParams(command: Command): void {
  command
    .option('-p, --param <name=value>', 'a param; lists as a,b,c or JSON; may be repeated', collect)
    .option('--params-file <file>', 'params from a JSON or YAML file');
}

/** What the flags say, for {@link runParams}; a file is relative to `cwd`. */
export function paramInput({ param, paramsFile }: ParamOptions, cwd: string): ParamInput {
  return { pairs: param ?? [], cwd, ...(paramsFile === undefined ? {} : { file: paramsFile }) };
}
