/** The time of the browser, in epoch milliseconds. */
export function now() {
  return Date.now();
}
