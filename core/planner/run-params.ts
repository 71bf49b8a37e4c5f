import type { JsonObject } from '../model/json.ts';

/** Why a DAG can have no run with certain params. A class, so that no params of a DAG look like it. */
export class ParamsFault {
  readonly error: string;

  constructor(error: string) {
    this.error = error;
  }
}

/** Params with the defaults of their DAG filled in, or what is wrong with them. */
export type RunParams = JsonObject | ParamsFault;
