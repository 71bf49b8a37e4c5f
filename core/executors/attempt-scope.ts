import { join } from 'node:path';
import type { ExpressionScope } from '../expression/expression.ts';
import { readKept } from '../log/kept-file.ts';
import type { AttemptDefinition, SpilledOutput } from '../model/attempt.ts';
import { keyText } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import type { RunFrame } from './protocol.ts';

/** Values by name, as own properties whatever the names are. */
export type Values = { [name: string]: Json };

/** The file of an output that was too large for its row. */
export function spilledPath(stateDir: string, output: SpilledOutput): string {
  return join(stateDir, 'outputs', output.sha256.slice(0, 2), output.sha256);
}

/** The inputs of an attempt by name; those without a value are left out. */
export function inputValues(frame: RunFrame, definition: AttemptDefinition, stateDir: string): Values {
  const values: Values = {};
  const names = definition.inputNames;
  for (let index = 0; index < names.length; index++) {
    const name = names[index];
    if (name === undefined || frame.u?.includes(index)) continue;
    const file = frame.f?.find(([position]) => position === index)?.[1];
    const value = file ? readSpilled(stateDir, file) : (frame.n?.[index] ?? null);
    setOwn(values, name, value);
  }
  return values;
}

function readSpilled(stateDir: string, file: SpilledOutput): Json {
  return JSON.parse(readKept(spilledPath(stateDir, file))) as Json;
}

/** Sets an own property whatever its name is. */
export function setOwn(values: Values, name: string, value: Json): void {
  if (name !== '__proto__') values[name] = value;
  else Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
}

/** What the expressions of an attempt may read. */
export function expressionScope(
  frame: Pick<RunFrame, 'k' | 'i'>,
  definition: Pick<AttemptDefinition, 'params' | 'run' | 'itemNames' | 'hook'>,
  inputs: Values,
): ExpressionScope {
  const scope: { [name: string]: Json | undefined } = {
    params: definition.params,
    needs: inputs,
    run: definition.run as unknown as Json,
  };
  if (definition.hook) scope['event'] = inputs['event'];
  if (frame.k && frame.k.length > 0) {
    scope['key'] = keyText(frame.k) ?? undefined;
    scope['item'] = frame.i?.at(-1) ?? null;
    for (const [level, name] of definition.itemNames.entries()) {
      if (name !== null) setOwn(scope as Values, name, frame.i?.[level] ?? null);
    }
  }
  return scope;
}
