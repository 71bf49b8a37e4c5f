/** What the code of a file did that would end or outlive its evaluation. */
export interface CaughtAct {
  readonly rule: string;
  readonly message: string;
  /** Its stack tells the place. */
  readonly error: unknown;
}

/**
 * Replaces what would end this process behind the back of an evaluation: `process.exit()` and its kin throw
 * instead and are noted; so are rejections that nobody handles. Returns the list of what was caught so far.
 */
export function guardProcess(): readonly CaughtAct[] {
  const caught: CaughtAct[] = [];
  for (const name of ['exit', 'reallyExit', 'abort'] as const) {
    const refuse = (...args: unknown[]): never => {
      const call = `process.${name}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`;
      const error = new Error(`the file calls ${call} while it is loaded`);
      caught.push({ rule: 'exit-at-load', message: error.message, error });
      throw error;
    };
    Object.defineProperty(process, name, { value: refuse, configurable: true, writable: true });
  }
  guardKill(caught);
  process.on('unhandledRejection', (error) => {
    const message = `loading it leaves a rejected promise that nobody handles: ${textOf(error)}`;
    caught.push({ rule: 'load-failed', message, error });
  });
  process.on('uncaughtException', (error) => {
    caught.push({ rule: 'load-failed', message: `loading it throws: ${textOf(error)}`, error });
  });
  return caught;
}

/** A file that is loaded must not end processes, such as orch itself. */
function guardKill(caught: CaughtAct[]): void {
  for (const name of ['kill', '_kill', '_debugProcess'] as const) {
    const refuse = (): never => {
      const error = new Error(`the file calls process.${name}() while it is loaded`);
      caught.push({ rule: 'exit-at-load', message: error.message, error });
      throw error;
    };
    Object.defineProperty(process, name, { value: refuse, configurable: true, writable: true });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
