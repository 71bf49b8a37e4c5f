import type { RemoteRun } from '../command.ts';
import type { TriggerOptions } from '../commands/trigger.ts';
import { durationFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { findRun } from '../find-run.ts';
import { followAt } from '../follow-run.ts';
import { wantedRun } from '../run-here.ts';
import { dagOfServer } from './dag-of-server.ts';
import { followThere } from './follow-there.ts';
import { ServerDesk } from './server-desk.ts';

/** `orch trigger` of a server: its scheduler runs it, this process follows. */
export const trigger: RemoteRun<TriggerOptions> = async (context, server, options, [name]) => {
  const dagId = String(name);
  const timeoutMs = options.timeout === undefined ? null : durationFlag('--timeout', options.timeout);
  const desk = new ServerDesk(server);
  const { dag } = await dagOfServer(server, dagId);
  // Every trigger of a server starts a run of its own, with --new or without.
  const { runUid, params, scope, maxParallel, noCache, priority } = wantedRun(context, dag, options);
  const inputsFrom = options.fromRun === undefined ? null : (await findRun(desk, options.fromRun)).uid;
  await server.call('triggerRun', {
    params: { dagId },
    body: {
      runId: runUid,
      params,
      scope,
      ...(maxParallel === null ? {} : { maxParallel }),
      ...(inputsFrom === null ? {} : { inputsFrom }),
      ...(noCache ? { noCache } : {}),
      ...(priority === undefined ? {} : { priority }),
    },
  });
  if (options.detach === true) {
    if (context.flags.json) context.json({ runId: runUid });
    else context.print(runUid);
    return EXIT.ok;
  }
  const run = await desk.run(runUid);
  return followAt(context, followThere(desk, run), { how: 'triggered', sinceAt: 0, timeoutMs });
};
