import type { CommandLine } from './command-line.ts';
import { type Fault, type History, readWitness, type Stored } from './history.ts';
import { endRemains } from './remains.ts';
import { readStored, type StoreEye } from './store-eye.ts';

/** What a round of command lines knows of itself. */
export interface PlayedLines {
  readonly lines: readonly CommandLine[];
  readonly faults: readonly Fault[];
  /** Why the round was given up, if it was. */
  readonly givenUp: string | null;
}

/** Everything that is known of a round whose command lines have ended; what still lives of it is ended. */
export async function collectHistory(
  dir: string,
  eye: StoreEye,
  { lines, faults, givenUp }: PlayedLines,
): Promise<History> {
  const leftAtEnd = await endRemains(dir);
  const launches = lines.map((line) => line.launch());
  return { witness: readWitness(dir), faults, launches, stored: await storedOf(eye), givenUp, leftAtEnd };
}

async function storedOf(eye: StoreEye): Promise<Stored> {
  try {
    return await eye.read(readStored);
  } catch (error) {
    return { runs: [], unanswered: 0, problems: [`the store cannot be read: ${error}`], leaderPid: null };
  }
}
