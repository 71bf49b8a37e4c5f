import { sql } from 'kysely';
import { RUN_STATES } from '../model/states.ts';

/** The stored code of the first state in which a run is over; those before it are of unfinished runs. */
export const FIRST_OVER = RUN_STATES.indexOf('success');

/** The same, written out in a statement: as a parameter it would keep the partial indexes away. */
export const FIRST_OVER_SQL = sql.lit(FIRST_OVER);

/** The state before a run begins, the first one, written out as well. */
export const QUEUED_SQL = sql.lit(RUN_STATES.indexOf('queued'));
