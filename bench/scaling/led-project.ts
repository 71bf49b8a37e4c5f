import { openProject } from '../../core/scheduler/project.ts';
import { openSession, type Session } from '../../core/scheduler/session.ts';
import { type StoreWatch, watchedStore } from './watched-store.ts';

/** A project that this process leads as a scheduler. */
export interface LedProject {
  readonly session: Session;
  readonly watch: StoreWatch;
  close(): Promise<void>;
}

/**
 * Leads a project as `orch scheduler` does; resolves once every DAG file was looked at. `onOpen` is called
 * before it begins.
 */
export async function leadProject(
  dir: string,
  onOpen: (watch: StoreWatch) => void = () => {},
): Promise<LedProject> {
  const project = await openProject(dir);
  const watch = watchedStore(project.store);
  onOpen(watch);
  const session = await openSession({ ...project, store: watch.store }, { schedules: true });
  return {
    session,
    watch,
    close: async () => {
      await session.close('now');
      await project.close();
    },
  };
}
