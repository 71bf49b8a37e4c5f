import { expect, test } from 'vitest';
import type {
  AuthorDag,
  AuthorForEach,
  AuthorGroup,
  AuthorRetries,
  AuthorTask,
  TaskDefaults,
} from '../../../core/authoring/author-form.ts';
import { DAG_FILE_SCHEMA } from '../../../core/schema/dag-file.schema.ts';
import { defaultsSchema, TASK_SCHEMA } from '../../../core/schema/task.schema.ts';

/** The keys of a type, checked by the compiler: none may be missing and none too many. */
type Keys<T> = { readonly [K in keyof T]-?: true };

interface Form {
  readonly properties?: { readonly [key: string]: Form };
  readonly anyOf?: readonly Form[];
}

const defaults: Keys<TaskDefaults> = {
  retries: true,
  timeout: true,
  killGrace: true,
  pool: true,
  poolSlots: true,
  priority: true,
  env: true,
  onLost: true,
  memory: true,
  tags: true,
};
const wiring = { needs: true, after: true } as const;
const task: Keys<AuthorTask> = {
  ...defaults,
  ...wiring,
  description: true,
  stage: true,
  uses: true,
  run: true,
  skipExitCode: true,
  choose: true,
  approval: true,
  sensor: true,
  loop: true,
  with: true,
  triggerRule: true,
  when: true,
  shortCircuit: true,
  critical: true,
  teardown: true,
  failRun: true,
  setups: true,
  maxActive: true,
  maxActivePerRun: true,
  dependsOnPast: true,
  waitForDownstream: true,
  latestOnly: true,
  produces: true,
  variables: true,
  connections: true,
  cache: true,
  onStart: true,
  onSuccess: true,
  onFailure: true,
  onRetry: true,
  onSkip: true,
  onCancel: true,
};
const group: Keys<AuthorGroup> = { after: true, description: true, stage: true, group: true };
const forEach: Keys<AuthorForEach> = {
  ...wiring,
  description: true,
  stage: true,
  triggerRule: true,
  forEach: true,
};
const fanOut: Keys<AuthorForEach['forEach']> = {
  over: true,
  key: true,
  as: true,
  maxParallel: true,
  maxKeys: true,
  minSuccess: true,
  returns: true,
  defaults: true,
  tasks: true,
};
const retries: Keys<AuthorRetries> = {
  max: true,
  delay: true,
  backoff: true,
  factor: true,
  maxDelay: true,
  jitter: true,
  on: true,
  except: true,
};
const dag: Keys<AuthorDag> = {
  id: true,
  title: true,
  description: true,
  owner: true,
  tags: true,
  params: true,
  schedule: true,
  timezone: true,
  startAt: true,
  endAt: true,
  catchup: true,
  onActivate: true,
  overlap: true,
  coalesce: true,
  misfireGrace: true,
  jitter: true,
  maxActiveRuns: true,
  maxActiveTasks: true,
  maxActiveTasksTotal: true,
  pauseAfterFailures: true,
  taskType: true,
  timeout: true,
  deadline: true,
  onSuccess: true,
  onFailure: true,
  onDeadline: true,
  priority: true,
  priorityRule: true,
  defaults: true,
  tasks: true,
};

const { definitions } = DAG_FILE_SCHEMA as unknown as { definitions: { [name: string]: Form } };
const keysOf = (form: unknown): string[] => Object.keys((form as Form).properties ?? {}).sort();
const sorted = (keys: object): string[] => Object.keys(keys).sort();

test('the schema has exactly the keys of the author form', () => {
  expect(keysOf(DAG_FILE_SCHEMA)).toEqual(sorted(dag));
  expect(keysOf(TASK_SCHEMA)).toEqual(sorted(task));
  expect(keysOf(defaultsSchema('DAG'))).toEqual(sorted(defaults));
  expect(keysOf((TASK_SCHEMA as Form).properties?.retries?.anyOf?.[1])).toEqual(sorted(retries));
  expect(keysOf(definitions.forEach)).toEqual(sorted(forEach));
  expect(keysOf(definitions.forEach?.properties?.forEach)).toEqual(sorted(fanOut));
  expect(keysOf(definitions.group)).toEqual(sorted(group));
});
