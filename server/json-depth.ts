/** Objects and lists in one another that a body may have; DAGs and their params need a few. */
export const DEPTH_MAX = 100;

/**
 * Whether a text of JSON opens more objects and lists in one another than a body may have. What comes after
 * goes through values by recursion: here, in the leader, and in every reader of what was stored.
 */
export function nestsTooDeep(json: string): boolean {
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
      if (depth > DEPTH_MAX) return true;
    } else if (char === ']' || char === '}') depth -= 1;
  }
  return false;
}
