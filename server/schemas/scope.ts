import { Type } from 'typebox';
import { exact } from './words.ts';

const names = (description: string) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 1_000, description }));

/** Which part of a DAG a run is about. */
export const Scope = exact({
  until: names('tasks, groups or stages: nothing after them'),
  from: names('nothing before them'),
  only: names('these alone'),
  keys: names('keys of fan-outs: no other ones'),
});
