/**
 * How large a DAG may be. Everything within these limits is compiled in seconds and without deep recursion.
 */
export interface Limits {
  readonly tasks: number;
  /** Groups and fan-outs inside each other. */
  readonly nesting: number;
  /** Edges after group references are expanded. */
  readonly edges: number;
}

export const LIMITS: Limits = { tasks: 200_000, nesting: 20, edges: 5_000_000 };
