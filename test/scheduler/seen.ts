import type { Project } from '../../core/scheduler/project.ts';

/** Looks whenever something was written, until there is something to see. */
export async function seen<T>(
  { store }: Project,
  look: () => Promise<T | null | undefined | false>,
): Promise<T> {
  let wake = Promise.withResolvers<void>();
  const listening = store.listen({ asked: () => {}, freed: () => {}, written: () => wake.resolve() });
  try {
    for (;;) {
      const found = await look();
      if (found) return found;
      await wake.promise;
      wake = Promise.withResolvers();
    }
  } finally {
    await listening.close();
  }
}
