/** The process that took the lead last, and who it is. */
export interface HolderRecord {
  readonly epoch: number;
  readonly pid: number;
  readonly host: string;
  /** Differs after every start of the machine; empty where the system tells none. */
  readonly bootId: string;
  /** Whose numbering `pid` belongs to; empty where the system tells none. */
  readonly pidSpace: string;
  readonly since: number;
}

/** The process that leads, or led last and ended without saying so. */
export interface LeaderRecord extends HolderRecord {
  /** For how long it has not said that it gets on, in ms. */
  readonly silentMs: number;
}
