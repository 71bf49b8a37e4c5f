/** Plain worlds beyond the first, each of which has shown a defect that none of the first ones shows. */
export const TELLING_SEEDS: readonly number[] = [69, 77, 143, 248, 267, 292, 314, 391, 687];
