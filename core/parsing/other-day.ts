const DAY_MS = 86_400_000;
/** Another second, minute, hour, weekday, month and year. */
const SHIFT_MS = 431 * DAY_MS + 13 * 3_600_000 + 17 * 60_000 + 29_000;

/**
 * Runs `work` on another day: what it reads from the clock differs from what it would read now, so that a
 * graph which depends on the time of its loading shows itself.
 */
export async function onAnotherDay<T>(work: () => Promise<T>): Promise<T> {
  const real = globalThis.Date;
  globalThis.Date = new Proxy(real, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [target.now() + SHIFT_MS] : args, newTarget),
    apply: (target) => Reflect.construct(target, [target.now() + SHIFT_MS]).toString(),
    get: (target, name, receiver) =>
      name === 'now' ? () => target.now() + SHIFT_MS : Reflect.get(target, name, receiver),
  });
  try {
    return await work();
  } finally {
    globalThis.Date = real;
  }
}
