import type { Answer } from '../core/model/action.ts';
import { AppError } from '../core/model/errors.ts';
import type { Request } from '../core/model/request.ts';
import type { Bell } from '../core/scheduler/bell.ts';
import { MachineMeter } from '../core/scheduler/machine-meter.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { Session } from '../core/scheduler/session.ts';
import { type LoginCookies, loginCookies } from './auth/login-cookies.ts';
import { OidcProvider } from './auth/oidc-provider.ts';
import { readFigures } from './current-figures.ts';
import type { FirstLook } from './first-look.ts';
import { FigureFeed } from './live/figure-feed.ts';
import { LiveFeed } from './live/live-feed.ts';
import { StreamTickets } from './live/stream-tickets.ts';
import { JournalTotals } from './metrics/journal-totals.ts';

/** What the handlers of routes work with. */
export interface Services extends Project {
  /**
   * Has the leader decide a request. With a key that was asked with before it is the request of then.
   * @throws AppError `unavailable` if no answer comes in time: the request stays in the inbox.
   */
  ask(request: Request, key?: string): Promise<Answer>;
  /** Rings when something may have been written. */
  readonly bell: Bell;
  /** What changes, for streams. */
  readonly live: LiveFeed;
  /** How the machine does, for streams. */
  readonly figures: FigureFeed;
  readonly meter: MachineMeter;
  readonly tickets: StreamTickets;
  /** Who else says who somebody is; `null`: nobody. */
  readonly oidc: OidcProvider | null;
  readonly loginCookies: LoginCookies;
  /** Of a scheduler in this process; `null`: there is none. */
  readonly firstLook: FirstLook | null;
  /** When this server began. */
  readonly startedAt: number;
  /** What the journal adds up to. */
  readonly totals: JournalTotals;
}

/** A client waits no longer for whoever leads. */
const ANSWER_MS = 20_000;

/** The services of a server whose requests go out by a session. */
export function servicesOf(project: Project, session: Session, firstLook: FirstLook | null = null): Services {
  const { store, clock } = project;
  const ask = async (request: Request, key?: string): Promise<Answer> => {
    const late = AbortSignal.timeout(ANSWER_MS);
    const inboxId = await store.ask(request, clock.now(), key);
    try {
      return await session.answered(inboxId, late);
    } catch (error) {
      if (!late.aborted) throw error;
      const what = 'no scheduler has answered: the request is kept and decided when one does';
      throw new AppError('unavailable', what, {}, error);
    }
  };
  return makeServices(project, session.bell, ask, firstLook);
}

/** The services of a server whose requests go out by a function. */
export function makeServices(
  project: Project,
  bell: Bell,
  ask: Services['ask'],
  firstLook: FirstLook | null = null,
): Services {
  const { store, clock, config } = project;
  const { oidc } = config.server;
  const services: Services = {
    ...project,
    ask,
    bell,
    firstLook,
    live: new LiveFeed({ store, bell, clock }),
    figures: new FigureFeed(() => readFigures(services)),
    meter: new MachineMeter(project.stateDir, clock),
    tickets: new StreamTickets(clock),
    loginCookies: loginCookies(config.server),
    oidc: oidc === null ? null : new OidcProvider(oidc, clock),
    totals: new JournalTotals(store),
    startedAt: clock.now(),
  };
  return services;
}
