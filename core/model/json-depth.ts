/** Objects and lists in one another that a value of a task may have. */
export const VALUE_DEPTH_MAX = 1_000;

/**
 * Whether a text of JSON opens more objects and lists in one another than this. Parsing does not mind, but
 * who goes through values by recursion does: the server, the leader, and every reader of what was stored.
 */
export function nestsDeeper(json: string, depthMax: number): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (isText) {
      if (char === '\\') at++;
      else if (char === '"') isText = false;
    } else if (char === '"') isText = true;
    else if (char === '[' || char === '{') {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (char === ']' || char === '}') depth -= 1;
  }
  return false;
}
