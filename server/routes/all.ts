import type { Route } from '../route.ts';
import { accountRoutes } from './accounts.ts';
import { assetRoutes } from './assets.ts';
import { backfillRoutes } from './backfills.ts';
import { dagRoutes } from './dags.ts';
import { documentRoute } from './document.ts';
import { gridRoutes } from './grid.ts';
import { liveRoutes } from './live.ts';
import { loginRoutes } from './login.ts';
import { logRoutes } from './logs.ts';
import { metricsRoute } from './metrics.ts';
import { operationRoutes } from './operations.ts';
import { runResultRoutes } from './run-results.ts';
import { runRoutes } from './runs.ts';
import { systemRoutes } from './system.ts';
import { taskChangeRoutes } from './task-changes.ts';
import { taskInstanceRoutes } from './task-instances.ts';
import { taskRoutes } from './tasks.ts';

/** Every route of the API. Of two that match a path the first one answers. */
export const ROUTES: readonly Route[] = [
  ...systemRoutes,
  documentRoute(() => ROUTES),
  ...dagRoutes,
  ...gridRoutes,
  ...runRoutes,
  ...runResultRoutes,
  ...taskInstanceRoutes,
  ...taskRoutes,
  ...taskChangeRoutes,
  ...logRoutes,
  ...operationRoutes,
  ...backfillRoutes,
  ...assetRoutes,
  ...liveRoutes,
  metricsRoute,
  ...accountRoutes,
  ...loginRoutes,
];
