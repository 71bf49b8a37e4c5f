import type { TObject } from 'typebox';
import { OPERATOR, type Operator, type OperatorDefinition } from '../model/operator.ts';
import type { ParamsOf } from './builder-types.ts';

/** What {@link defineOperator} takes: a definition whose params are typed by their schema. */
export interface OperatorOptions<S extends TObject, Output>
  extends Omit<OperatorDefinition<ParamsOf<S>, Output>, 'params'> {
  /** `Type.Object({...})`; other keys are refused unless `additionalProperties` says otherwise. */
  readonly params: S;
}

/**
 * Defines an operator. Export the result from `operators/<name>.ts`; DAG files then write `uses: <name>`.
 *
 *     export const greet = defineOperator({
 *       params: Type.Object({ name: Type.String() }),
 *       isolation: 'shared',
 *       execute: ({ name }, ctx) => ctx.log.info(`hello ${name}`),
 *     });
 */
export function defineOperator<S extends TObject, Output>(options: OperatorOptions<S, Output>): Operator {
  const params = { additionalProperties: false, ...options.params };
  const operator = { ...options, params };
  Object.defineProperty(operator, OPERATOR, { value: true });
  return Object.freeze(operator) as unknown as Operator;
}
