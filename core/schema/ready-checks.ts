import type { ValidateFunction } from 'ajv';

/**
 * Checks of schemas that need not be compiled any more, by the key of `checkKey`. There are none here: an
 * install in a checkout, and a build, make a file of those in `large-schemas.ts`, which is loaded in place of
 * this one. A key is made of the whole schema, so that one that has changed since is compiled as any other.
 */
export const READY_CHECKS: { readonly [key: string]: ValidateFunction } = {};
