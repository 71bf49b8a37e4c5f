import { type TSchema, Type } from 'typebox';
import type { HookName } from '../model/hook.ts';
import { closedObject, optionalKeys } from './words.schema.ts';

const WHEN: Readonly<Record<HookName, string>> = {
  onStart: 'an attempt of it has started',
  onSuccess: 'it has succeeded',
  onFailure: 'it has failed for good',
  onRetry: 'an attempt has failed or was lost and another follows, or somebody retries it',
  onSkip: 'it was skipped, or could not run because of its upstreams',
  onCancel: 'it was cancelled',
  onDeadline: 'the deadline of a run has passed and the run is not over',
};

/** One hook; `keys` are what it may have. */
export function hookSchema(keys: Record<string, TSchema | undefined>): TSchema {
  return closedObject(keys as Record<string, TSchema>, { description: 'What is run for a hook.' });
}

/** The hooks of a task or a DAG, each one `hook` or several. */
export function hookProperties(names: readonly HookName[], hook: TSchema): Record<string, TSchema> {
  const entry = (name: HookName): TSchema =>
    Type.Union([hook, Type.Array(hook, { minItems: 1, maxItems: 10 })], {
      description: `What is run when ${WHEN[name]}, whatever the cause: at least once, outside the run.`,
      examples: [{ run: 'notify "$ORCH_TASK $ORCH_NEW_STATE: $ORCH_BECAUSE"' }],
    });
  return optionalKeys(Object.fromEntries(names.map((name) => [name, entry(name)])));
}
