import { playScenario } from './play-seed.ts';
import type { Scenario } from './scenario.ts';

/**
 * The smallest scenario in reach that still breaks one of these invariants: happenings and DAGs are left out,
 * half of them at once, then one by one.
 */
export async function shrink(scenario: Scenario, invariants: ReadonlySet<string>): Promise<Scenario> {
  const fails = async (one: Scenario): Promise<boolean> =>
    (await playScenario(one)).violations.some(({ invariant }) => invariants.has(invariant));
  let smallest = scenario;
  for (let size = Math.ceil(scenario.happenings.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < smallest.happenings.length; ) {
      const happenings = smallest.happenings.toSpliced(from, size);
      const less = { ...smallest, happenings };
      if (await fails(less)) smallest = less;
      else from += size;
    }
  }
  for (const { id } of smallest.dags) {
    if (smallest.dags.length === 1) break;
    const less = { ...smallest, dags: smallest.dags.filter((dag) => dag.id !== id) };
    if (await fails(less)) smallest = less;
  }
  return smallest;
}
