import { fairness } from './fairness.ts';
import { history } from './history.ts';
import { idle } from './idle.ts';
import { manyDefinitions } from './many-definitions.ts';
import { minuteDags } from './minute-dags.ts';
import type { Reading } from './reading.ts';
import { recovery } from './recovery.ts';
import { tickCost } from './tick-cost.ts';

const MEASURES: Readonly<Record<string, (quick: boolean) => Promise<Reading[]>>> = {
  minuteDags,
  tickCost,
  manyDefinitions,
  history,
  idle,
  recovery,
  fairness,
};
const [name = '', how] = process.argv.slice(2);
const measure = MEASURES[name];
if (!measure) throw new Error(`there is no ${name}: choose from ${Object.keys(MEASURES).join(' ')}`);
process.stdout.write(`${JSON.stringify(await measure(how === 'quick'))}\n`);
process.exit(0);
