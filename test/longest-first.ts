import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute or more: begun last they would run on alone, beside an idle core. */
const LONG = [
  'test/kill/kill.test.ts',
  'test/package/package.test.ts',
  'test/scheduler/takeover.test.ts',
  'test/cli/scheduler.test.ts',
  'test/cli/interrupts.test.ts',
  'test/sim/sim.test.ts',
];

/** The order in which test files begin: the long ones first, then as vitest has it. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONG.indexOf(relative(process.cwd(), moduleId));
      return at < 0 ? LONG.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
