/** A place in code, as the engine names it. */
export interface CodePlace {
  /** `file:` URL or path of the module. */
  readonly module: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
}

/** A remembered call. Where it was is worked out only when somebody asks: most are never asked for. */
export interface Call {
  stack?: unknown;
}

/** Remembers where the function `above` was called. */
export function callOf(above: (...args: never[]) => unknown): Call {
  const { stackTraceLimit } = Error;
  const call: Call = {};
  Error.stackTraceLimit = 1;
  Error.captureStackTrace(call, above);
  Error.stackTraceLimit = stackTraceLimit;
  return call;
}

/** Where a call was. Positions are exact because type stripping keeps them. */
export function placeOf(call: Call): CodePlace | undefined {
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = (_, [site]) => siteOf(site);
  const place = call.stack as CodePlace | undefined;
  if (prepareStackTrace === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
  else Error.prepareStackTrace = prepareStackTrace;
  return place;
}

function siteOf(site: NodeJS.CallSite | undefined): CodePlace | undefined {
  const module = site?.getFileName();
  if (!site || typeof module !== 'string') return undefined;
  return { module, line: site.getLineNumber() ?? 1, column: site.getColumnNumber() ?? 1 };
}
