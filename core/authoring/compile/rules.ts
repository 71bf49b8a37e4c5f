import type { AuthorTask } from '../author-form.ts';
import { checkSetupCache } from './cache.ts';
import type { Problems } from './problems.ts';
import { isMapping } from './read-tree.ts';
import { authorPathOf, type ForEachEntry, fanOutsAround, isInside, nameOf, type TaskEntry } from './tree.ts';
import type { Wires } from './wiring.ts';

/** Keys that speak about attempts; a task that starts nothing has none. */
const ATTEMPT_KEYS = [
  'with',
  'env',
  'variables',
  'connections',
  'retries',
  'timeout',
  'killGrace',
  'pool',
  'poolSlots',
  'onLost',
  'memory',
  'maxActive',
  'maxActivePerRun',
  'sensor',
  'loop',
  'produces',
  'cache',
] as const satisfies readonly (keyof AuthorTask)[];

/** Rules about combinations of keys of one task. */
export function checkTaskRules(entry: TaskEntry, wires: Wires, problems: Problems): void {
  checkKeys(entry, problems);
  checkPast(entry, problems);
  checkTeardown(entry, wires, problems);
  checkInputNames(entry, wires, problems);
}

function checkKeys(entry: TaskEntry, problems: Problems): void {
  const { author } = entry;
  const at = authorPathOf(entry);
  if (author.skipExitCode !== undefined && author.run === undefined) {
    const message = `${nameOf(entry)} has a skipExitCode, but runs no command`;
    problems.error('not-applicable', message, [...at, 'skipExitCode'], { at: 'key' });
  }
  if (author.run !== undefined && author.with !== undefined) {
    const message = `${nameOf(entry)} runs a command, which takes no 'with'`;
    const hint = "write 'env': its values arrive as environment variables";
    problems.error('not-applicable', message, [...at, 'with'], { at: 'key', hint });
  }
  if (author.uses !== undefined || author.run !== undefined) return;
  const kind = author.choose ? 'a choice' : author.approval ? 'an approval' : 'a join';
  for (const key of ATTEMPT_KEYS) {
    if (author[key] === undefined) continue;
    const message = `'${key}' has no meaning for ${nameOf(entry)}: ${kind} starts nothing`;
    problems.error('not-applicable', message, [...at, key], { at: 'key' });
  }
}

/** What waits for more cannot wait for less. */
function checkPast(entry: TaskEntry, problems: Problems): void {
  const { dependsOnPast, waitForDownstream } = entry.author;
  if (dependsOnPast !== false || !waitForDownstream) return;
  const message = `${nameOf(entry)} has 'waitForDownstream', which includes 'dependsOnPast'`;
  problems.error('contradiction', message, [...authorPathOf(entry), 'dependsOnPast'], {
    at: 'key',
    hint: "leave 'dependsOnPast' out",
  });
}

function checkTeardown(entry: TaskEntry, wires: Wires, problems: Problems): void {
  const { teardown, critical, failRun, setups } = entry.author;
  const at = authorPathOf(entry);
  if (teardown && critical) {
    const name = nameOf(entry);
    const message = `${name} is both critical and a teardown: teardowns still run when a run is aborted`;
    problems.error('critical-teardown', message, [...at, 'critical'], {
      at: 'key',
      hint: "write 'failRun: true' to let its failure fail the run",
    });
  }
  if (teardown) {
    for (const [index, setup] of wires.setups.entries()) checkSetup(entry, setup, index, problems);
    return;
  }
  for (const [key, value] of [
    ['failRun', failRun],
    ['setups', setups],
  ] as const) {
    if (value === undefined || value === false) continue;
    const message = `${nameOf(entry)} has '${key}', but is no teardown`;
    problems.error('not-a-teardown', message, [...at, key], { at: 'key', hint: "add 'teardown: true'" });
  }
}

function checkSetup(entry: TaskEntry, setup: TaskEntry, index: number, problems: Problems): void {
  const at = [...authorPathOf(entry), 'setups', index];
  if (setup.author.teardown) {
    problems.error('bad-setup', `the setup '${setup.path}' of ${nameOf(entry)} is a teardown itself`, at);
  }
  checkSetupCache(setup, entry.path, authorPathOf(setup), problems);
  const foreign = fanOutsAround(entry.scope).find((fanOut) => !isInside(setup, fanOut));
  if (foreign === undefined) return;
  const message =
    `${nameOf(entry)} runs once per key of fan-out '${foreign.path}', its setup ` +
    `'${setup.path}' only once`;
  problems.error('bad-setup', message, at, { hint: 'put the teardown beside its setup' });
}

/** Names under which values arrive must differ. */
function checkInputNames(entry: TaskEntry, wires: Wires, problems: Problems): void {
  const { author } = entry;
  const at = authorPathOf(entry);
  if (author.run !== undefined) {
    for (const input of wires.needs.keys()) {
      const message = `input '${input}' of ${nameOf(entry)} cannot be an environment variable`;
      const hint = 'name it with letters, digits and _: needs: { name: task }';
      if (input.includes('-'))
        problems.error('bad-env-name', message, [...at, 'needs', input], { at: 'key', hint });
    }
  }
  const other = author.run !== undefined ? 'env' : 'with';
  const values: unknown = author[other];
  const clashes = other === 'env' || author.uses?.includes('#') === true;
  if (!clashes || !isMapping(values)) return;
  for (const name of Object.keys(values)) {
    if (!wires.needs.has(name)) continue;
    const message = `${nameOf(entry)} has '${name}' both in 'needs' and in '${other}'`;
    problems.error('duplicate-input', message, [...at, other, name], {
      at: 'key',
      hint: 'give one of them another name',
    });
  }
}

/** `always` does not wait for anything, not even for the keys of a fan-out that an upstream makes. */
export function checkAlways(
  entry: TaskEntry | ForEachEntry,
  generated: ReadonlySet<ForEachEntry>,
  problems: Problems,
): void {
  if (entry.author.triggerRule !== 'always') return;
  const around =
    entry.kind === 'forEach' ? [entry, ...fanOutsAround(entry.scope)] : fanOutsAround(entry.scope);
  const fanOut = around.find((one) => generated.has(one));
  if (fanOut === undefined) return;
  const message =
    fanOut === entry
      ? `${nameOf(entry)} cannot have the rule 'always': its keys come from a task that it must wait for`
      : `${nameOf(entry)} cannot have the rule 'always': the keys of fan-out '${fanOut.path}' come ` +
        `from another task`;
  problems.error('always-generated', message, [...authorPathOf(entry), 'triggerRule'], {
    hint: "use 'all_done'",
  });
}
