import type { FoldedTick } from './fold.ts';
import type { Part } from './part.ts';
import { PARTS } from './parts.ts';

/** The numbers that every statement of a tick begins with, in the order of its parameters. */
export interface TickHead {
  readonly no: number;
  readonly at: number;
  /** The journal number before the tick, and after it. */
  readonly seqBefore: number;
  readonly seqAfter: number;
  readonly epoch: number;
  readonly schemaNo: number;
  /** The seal that must be there; the commit raises it. */
  readonly seal: number;
  readonly runNo: number;
}

/** One statement that writes a tick, prepared by the server under its name. */
export interface TickStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly (string | number)[];
}

/**
 * The writing of the lease row is the fence: every other change reads its one row, or finds none and does
 * nothing.
 */
const FENCE = `fence as (update lease set tick = $1, seal = seal + 1, seq = $4, run_no = $8
  where id = 1 and epoch = $5 and schema_no = $6 and seal = $7 and tick < $1 and $2::int8 is not null
  and $3::int8 is not null returning 1)`;
const HEAD_SIZE = 8;

/** Statements by the set of parts that they have; a set occurs again and again. */
const texts = new Map<number, string>();

/**
 * The statement for a tick, with only the parts that it needs. Its one row has `ok`: 1, or 0 if the fence
 * missed.
 */
export function tickStatement(head: TickHead, tick: FoldedTick): TickStatement {
  let set = 0;
  for (const [index, part] of PARTS.entries()) if (part.count(tick) > 0) set |= 1 << index;
  let text = texts.get(set);
  if (text === undefined) {
    text = buildText(PARTS.filter((_, index) => (set & (1 << index)) !== 0));
    texts.set(set, text);
  }
  const values: (string | number)[] = [
    head.no,
    head.at,
    head.seqBefore,
    head.seqAfter,
    head.epoch,
    head.schemaNo,
    head.seal,
    head.runNo,
  ];
  for (const [index, part] of PARTS.entries())
    if ((set & (1 << index)) !== 0) values.push(...part.arrays(tick));
  return { name: `orch_tick_${set}`, text, values };
}

function buildText(parts: readonly Part[]): string {
  const pieces = [FENCE];
  const checks: string[] = [];
  const misses: string[] = [];
  let used = HEAD_SIZE;
  for (const part of parts) {
    const given = `given_${part.name}`;
    const first = used + 1;
    const arrays = part.columns.map(({ type }) => `$${++used}::${type}[]`);
    const names = part.columns.map(({ name }) => name);
    pieces.push(
      `${given} as materialized (select * from unnest(${arrays.join(', ')})
        with ordinality as given(${names.join(', ')}, ordinality))`,
      `${part.name} as (${part.sql(given)})`,
    );
    if (part.missed === null) continue;
    const { as, key } = part.missed;
    checks.push(`(select count(*) from ${part.name}) < cardinality($${first}::${part.columns[0]?.type}[])`);
    misses.push(
      `(select string_agg('${as}:' || ${key[0]}, ' ') from ${given} where not exists (select 1
        from ${part.name}
        where ${key.map((name) => `${part.name}.${name} = ${given}.${name}`).join(' and ')}))`,
    );
  }
  const stale =
    checks.length === 0
      ? ''
      : `when ${checks.join(' or ')} then orch_stale(concat_ws(' ', ${misses.join(', ')}))`;
  return `with ${pieces.join(', ')}
    select case when (select count(*) from fence) = 0 then 0 ${stale} else 1 end as ok`;
}
