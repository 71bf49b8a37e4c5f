import type { Json } from '../model/json.ts';

/** Whether two JSON values are equal in every part; no value is converted. Never overflows the stack. */
export function jsonEquals(a: Json, b: Json): boolean {
  const open: [Json, Json][] = [[a, b]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [left, right] = pair;
    if (left === right) continue;
    if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null)
      return false;
    if (Array.isArray(left) !== Array.isArray(right)) return false;
    const keys = Object.keys(left);
    if (keys.length !== Object.keys(right).length) return false;
    for (const key of keys) {
      if (!Object.hasOwn(right, key)) return false;
      open.push([(left as Record<string, Json>)[key] as Json, (right as Record<string, Json>)[key] as Json]);
    }
  }
  return true;
}
