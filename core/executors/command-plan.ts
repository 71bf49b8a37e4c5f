import type { ExpressionScope } from '../expression/expression.ts';
import { renderJson } from '../expression/template.ts';
import type { AttemptDefinition } from '../model/attempt.ts';
import type { HookEvent } from '../model/hook.ts';
import { keyText, parseAttemptId } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import { expressionScope, inputValues } from './attempt-scope.ts';
import type { Environment } from './environment.ts';
import type { RunFrame } from './protocol.ts';
import { traceOf } from './trace-of.ts';
import type { WorkPlace } from './work-places.ts';

/** What the system takes in one variable or argument: more is refused by the kernel with a bare E2BIG. */
const TEXT_BYTES_MAX = 128 * 1024 - 1;

/** How a command is to be started. */
export interface CommandPlan {
  readonly argv: readonly string[];
  readonly env: Environment;
  /** The file for its output. */
  readonly outputFile: string;
}

export type CommandPlanResult =
  | { readonly ok: true; readonly plan: CommandPlan }
  | { readonly ok: false; readonly name: string; readonly message: string };

/**
 * The gate holds the command back until the group is registered: it begins when a line arrives on stdin, and
 * not at all when stdin closes before. A command line is one argument and is evaluated by the same shell.
 */
const LINE_GATE = 'read -r _ && exec </dev/null && eval "shift;$1"';
const ARGV_GATE = 'read -r _ && exec </dev/null && exec "$@"';

/** A command that is to be started. */
export interface CommandOrder {
  readonly frame: RunFrame;
  readonly definition: AttemptDefinition;
  /** Its variables and connections, as its environment has them. */
  readonly given: Environment;
}

/** Renders argument vector and environment of a shell task. `inherited` is what every command gets. */
export function planCommand(
  { frame, definition, given: values }: CommandOrder,
  inherited: Environment,
  place: WorkPlace,
  stateDir: string,
): CommandPlanResult {
  if (definition.action.kind !== 'shell') return refuse('OrchError', 'this is not a command');
  const inputs = inputValues(frame, definition, stateDir);
  const scope = expressionScope(frame, definition, inputs);
  const argv = commandLine(definition.action.run, scope);
  if (!argv.ok) return argv;
  const given = renderJson(definition.with ?? {}, scope);
  if (!given.ok) return refuse('ExpressionError', `with ${given.error.message}`);
  const own = renderJson(definition.env ?? {}, scope);
  if (!own.ok) return refuse('ExpressionError', `env ${own.error.message}`);
  const { tempDir, outputFile } = place;
  const env: Environment = {
    ...inherited,
    ...asTexts(given.value as { [name: string]: Json }),
    ...(definition.hook ? {} : asTexts(inputs)),
    ...asTexts(own.value as { [name: string]: Json }),
    ...values,
    TMPDIR: tempDir,
    ORCH_OUTPUT: outputFile,
    ORCH_ATTEMPT: frame.id,
    ORCH_RUN_ID: definition.runUid,
    ORCH_DAG_ID: definition.dagId,
    ORCH_TASK_ID: definition.taskPath,
    ORCH_KEY: keyText(frame.k ?? []) ?? '',
    ORCH_TRY: String((parseAttemptId(frame.id)?.tryNo ?? 1) - (frame.w?.[0] ?? 0)),
    ORCH_CALLS: String(frame.w?.[0] ?? 0),
    ORCH_LAST_STATE: JSON.stringify(frame.w?.[1] ?? null),
    TRACEPARENT: traceOf(definition, frame.id),
    ...(definition.hook ? hookVariables(inputs['event'] as unknown as HookEvent) : {}),
  };
  const problem = tooLong(argv.argv, env);
  return problem === null ? { ok: true, plan: { argv: argv.argv, env, outputFile } } : problem;
}

/** What a command that is a hook is told. A character that no variable can hold is replaced. */
function hookVariables(event: HookEvent): Environment {
  const texts = {
    ORCH_HOOK: event.hook,
    ORCH_HOOK_ID: event.id,
    ORCH_DAG: event.dag,
    ORCH_RUN: event.run,
    ORCH_TASK: event.task ?? '',
    ORCH_KEY: event.key ?? '',
    ORCH_TRY: String(event.try),
    ORCH_NEW_STATE: event.state,
    ORCH_REASON: event.reason ?? '',
    ORCH_CAUSE: event.cause,
    ORCH_BECAUSE: event.because,
    ORCH_EVENT: JSON.stringify(event),
  };
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, text.replaceAll('\0', '\uFFFD')]),
  );
}

type Refused = Extract<CommandPlanResult, { ok: false }>;

function refuse(name: string, message: string): Refused {
  return { ok: false, name, message };
}

function commandLine(
  run: string | readonly string[],
  scope: ExpressionScope,
): { readonly ok: true; readonly argv: readonly string[] } | Refused {
  if (typeof run === 'string') return { ok: true, argv: ['-c', LINE_GATE, 'sh', run] };
  const rendered = renderJson(run, scope);
  if (!rendered.ok) return refuse('ExpressionError', `run ${rendered.error.message}`);
  const texts = (rendered.value as readonly Json[]).map(asText);
  return { ok: true, argv: ['-c', ARGV_GATE, 'sh', ...texts] };
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function asTexts(values: { readonly [name: string]: Json }): Environment {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, asText(value)]));
}

function tooLong(argv: readonly string[], env: Environment): Refused | null {
  const named: (readonly [string, string])[] = [
    ...Object.entries(env),
    ...argv.map((text) => ['', text] as const),
  ];
  for (const [name, text] of named) {
    const what = name === '' ? 'an argument of the command' : `variable ${name}`;
    if (text.includes('\0'))
      return refuse('CommandError', `${what} holds a NUL character, which no command can take`);
    const bytes = Buffer.byteLength(text) + name.length + 1;
    if (bytes > TEXT_BYTES_MAX) {
      const how = 'pass the path of a file instead, or use a function';
      return refuse('CommandError', `${what} has ${bytes} bytes, a command takes ${TEXT_BYTES_MAX}: ${how}`);
    }
  }
  return null;
}
