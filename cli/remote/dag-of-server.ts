import type { DagDetail } from '../../client/generated/api.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import { AppError } from '../../core/model/errors.ts';
import type { VersionNo } from '../../core/model/ids.ts';
import { nearest } from '../../core/model/nearest.ts';
import type { VersionRecord } from '../../core/store/store.ts';
import type { RolledBack } from '../rolled-back.ts';
import type { Server } from './server.ts';
import { ServerDesk } from './server-desk.ts';

/** A DAG of a server as new runs have it. */
export interface DagOfServer {
  readonly dag: VersionRecord & { readonly spec: DagSpec };
  readonly detail: DagDetail;
  /** `null`: new runs have what its file declares. */
  readonly back: RolledBack | null;
}

/** Reads a DAG of a server. @throws AppError `not_found` with the id that is most like it. */
export async function dagOfServer(server: Server, dagId: string): Promise<DagOfServer> {
  const detail = await dagDetail(server, dagId);
  const dag = await new ServerDesk(server).version(dagId, detail.version);
  const { rolledBack } = detail;
  const back =
    rolledBack === null
      ? null
      : {
          pin: {
            dagId,
            versionNo: rolledBack.version as VersionNo,
            declaredNo: rolledBack.declared as VersionNo,
            held: rolledBack.held,
            at: Date.parse(rolledBack.since),
            by: rolledBack.by,
          },
          version: dag,
        };
  return { dag, detail, back };
}

/** The DAGs of a server that files declare, as new runs have them. */
export async function dagsOfServer(server: Server): Promise<VersionRecord[]> {
  const desk = new ServerDesk(server);
  const found: VersionRecord[] = [];
  for (const { dagId, version, present } of await server.items('listDags', {}))
    if (present) found.push(await desk.version(dagId, version));
  return found;
}

/** What a server says of a DAG. @throws AppError `not_found` with the id that is most like it. */
export async function dagDetail(server: Server, dagId: string): Promise<DagDetail> {
  try {
    return await server.call('getDag', { params: { dagId } });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error;
    const ids = (await server.items('listDags', {})).map((one) => one.dagId);
    const similar = nearest(dagId, ids);
    if (similar === null) throw error;
    throw new AppError('not_found', `${error.message}. Did you mean '${similar}'?`, error.details, error);
  }
}
