import { parseArgs } from 'node:util';
import { type Played, playScenario } from './play-seed.ts';
import { type Scenario, scenarioOf, WORLD_KINDS, type WorldKind } from './scenario.ts';
import { shrink } from './shrink.ts';

const USAGE = `npm run sim -- [--kind plain|wide] [--seeds 100] [--seed 1] [--first] [--no-shrink] [--json]
Plays worlds of DAGs, people and faults in virtual time, from the first seed on, and checks what is promised.
--seed may stand there several times: as many worlds are played from each
--kind wide: tasks also wait without a slot
--seeds how many    --first  stop at the first world in which something is wrong    --json  figures only
--progress  says on stderr which world begins
A world follows from its seed: npm run sim -- --seeds 1 --seed N plays N again.`;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    kind: { type: 'string', default: 'plain' },
    seeds: { type: 'string', default: '100' },
    seed: { type: 'string', multiple: true, default: ['1'] },
    first: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
    progress: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** What all worlds together came to. */
class Tally {
  seeds = 0;
  virtualMs = 0;
  runs = 0;
  attempts = 0;
  transactions = 0;
  hooks = 0;
  violations = 0;
  readonly failed: number[] = [];
  readonly digests: string[] = [];
  readonly struck: { [kind: string]: number } = {};
  /** Lines of the journal by their reason. */
  readonly reasons: { [code: string]: number } = {};
  readonly broken: { [invariant: string]: number } = {};

  add(seed: number, { history, violations, digest, lastedMs }: Played): void {
    this.seeds++;
    this.virtualMs += lastedMs;
    this.runs += history.runs.length;
    this.attempts += history.witness.filter(({ word }) => word === 'START').length;
    this.transactions += history.written.length;
    this.hooks += history.hookWitness.filter(({ word }) => word === 'START').length;
    this.violations += violations.length;
    this.digests.push(digest);
    if (violations.length > 0) this.failed.push(seed);
    for (const { because } of history.journal)
      this.reasons[because.code] = (this.reasons[because.code] ?? 0) + 1;
    for (const { kind } of history.struck) this.struck[kind] = (this.struck[kind] ?? 0) + 1;
    for (const { invariant } of violations) this.broken[invariant] = (this.broken[invariant] ?? 0) + 1;
  }

  figures(): object {
    const { virtualMs, struck, reasons, ...rest } = this;
    const days = Math.round(virtualMs / 86_400_00) / 10;
    const sorted = (counts: object) => Object.fromEntries(Object.entries(counts).sort());
    const counted = { struck: sorted(struck), reasons: sorted(reasons) };
    return { ...rest, virtualDays: days, ...counted, digests: values.json ? this.digests : undefined };
  }
}

function sayWorld(seed: number, { violations }: Played): void {
  say(`seed ${seed}: ${violations.length} violations`);
  for (const { invariant, text } of violations.slice(0, 10)) say(`  ${invariant} ${text}`);
}

async function sayShrunk(scenario: Scenario, { violations }: Played): Promise<void> {
  const small = await shrink(scenario, new Set(violations.map(({ invariant }) => invariant)));
  say(`  the smallest: ${small.dags.map(({ id }) => id).join(', ')}, and`);
  for (const { no, afterMs, kind } of small.happenings) say(`    ${kind} after ${afterMs} ms (${no})`);
  for (const { invariant, text } of (await playScenario(small)).violations.slice(0, 5))
    say(`    ${invariant} ${text}`);
}

async function main(): Promise<number> {
  const [seeds, firsts] = [Number(values.seeds), values.seed.map(Number)];
  const kind = values.kind as WorldKind;
  const isKnown = WORLD_KINDS.includes(kind);
  if (values.help || !isKnown || !Number.isInteger(seeds) || !firsts.every(Number.isInteger) || seeds < 1) {
    say(USAGE);
    return values.help ? 0 : 2;
  }
  const tally = new Tally();
  for (const seed of firsts.flatMap((first) => Array.from({ length: seeds }, (_, at) => first + at))) {
    if (values.progress) process.stderr.write(`seed ${seed}\n`);
    const scenario = scenarioOf(seed, kind);
    const played = await playScenario(scenario);
    tally.add(seed, played);
    if (played.violations.length === 0) continue;
    if (!values.json) sayWorld(seed, played);
    if (!values.json && values.shrink) await sayShrunk(scenario, played);
    if (values.first) break;
  }
  say(JSON.stringify(tally.figures(), null, values.json ? 0 : 2));
  return tally.violations === 0 ? 0 : 1;
}

process.exitCode = await main();
