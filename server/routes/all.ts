import type { Route } from '../route.ts';
import { accountRoutes } from './accounts.ts';
import { adHocRoutes } from './ad-hoc-schedules.ts';
import { alertRoutes } from './alerts.ts';
import { assetRoutes } from './assets.ts';
import { backfillRoutes } from './backfills.ts';
import { configRoutes } from './config.ts';
import { connectionRoutes } from './connections.ts';
import { dagRoutes } from './dags.ts';
import { documentRoute } from './document.ts';
import { figureRoutes } from './figures.ts';
import { gridRoutes } from './grid.ts';
import { hookRoutes } from './hooks.ts';
import { liveRoutes } from './live.ts';
import { loginRoutes } from './login.ts';
import { logRoutes } from './logs.ts';
import { metricsRoute } from './metrics.ts';
import { oidcRoutes } from './oidc.ts';
import { operationRoutes } from './operations.ts';
import { poolRoutes } from './pools.ts';
import { runResultRoutes } from './run-results.ts';
import { runRoutes } from './runs.ts';
import { schedulerRoutes } from './scheduler.ts';
import { systemRoutes } from './system.ts';
import { taskChangeRoutes } from './task-changes.ts';
import { taskInstanceRoutes } from './task-instances.ts';
import { taskRoutes } from './tasks.ts';
import { variableRoutes } from './variables.ts';

/** Every route of the API. Of two that match a path the first one answers. */
export const ROUTES: readonly Route[] = [
  ...systemRoutes,
  documentRoute(() => ROUTES),
  ...dagRoutes,
  ...gridRoutes,
  ...runRoutes,
  ...runResultRoutes,
  ...hookRoutes,
  ...taskInstanceRoutes,
  ...taskRoutes,
  ...taskChangeRoutes,
  ...logRoutes,
  ...operationRoutes,
  ...poolRoutes,
  ...backfillRoutes,
  ...assetRoutes,
  ...configRoutes,
  ...schedulerRoutes,
  ...adHocRoutes,
  ...liveRoutes,
  ...figureRoutes,
  metricsRoute,
  ...accountRoutes,
  ...loginRoutes,
  ...oidcRoutes,
  ...alertRoutes,
  ...variableRoutes,
  ...connectionRoutes,
];
