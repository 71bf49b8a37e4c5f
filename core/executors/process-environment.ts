/**
 * Sets the variables of an attempt in this process, and the id of the attempt, by which processes that it
 * starts are found; returns what puts the former values back.
 */
export function applyEnvironment(attemptId: string, own: { readonly [name: string]: unknown }): () => void {
  process.env['ORCH_ATTEMPT'] = attemptId;
  const names = Object.keys(own);
  if (names.length === 0) return leave;
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) process.env[name] = asText(own[name]);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    leave();
  };
}

/** The next attempt sets the id anew; deleting it would cost as much as setting it. */
function leave(): void {}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
