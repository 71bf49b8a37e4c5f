import { describe } from 'vitest';
import { commitContract } from './commit.contract.ts';
import type { StorePlace } from './fixture.ts';
import { leadershipContract } from './leadership.contract.ts';
import { readsContract } from './reads.contract.ts';

/** The contract of the store; every database keeps all of it. */
export function storeContract(database: string, newPlace: () => Promise<StorePlace>): void {
  describe(`the store on ${database}: commits`, () => commitContract(newPlace));
  describe(`the store on ${database}: leadership and migrations`, () => leadershipContract(newPlace));
  describe(`the store on ${database}: reads and requests`, () => readsContract(newPlace));
}
