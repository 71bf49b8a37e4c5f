/** A place in code, as the engine names it. */
export interface CodePlace {
  /** `file:` URL or path of the module. */
  readonly module: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
}

/** Where the function `above` was called. Positions are exact because type stripping keeps them. */
export function callerOf(above: (...args: never[]) => unknown): CodePlace | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: unknown } = {};
  Error.stackTraceLimit = 1;
  Error.prepareStackTrace = (_, sites) => sites[0];
  Error.captureStackTrace(holder, above);
  const site = holder.stack as NodeJS.CallSite | undefined;
  if (prepareStackTrace === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
  else Error.prepareStackTrace = prepareStackTrace;
  Error.stackTraceLimit = stackTraceLimit;
  const module = site?.getFileName();
  if (!site || typeof module !== 'string') return undefined;
  return { module, line: site.getLineNumber() ?? 1, column: site.getColumnNumber() ?? 1 };
}
