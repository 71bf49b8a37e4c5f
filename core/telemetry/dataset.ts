/** A dataset as OpenLineage names it. */
export interface Dataset {
  /** Where it lies: a database server, a bucket, a file system. */
  readonly namespace: string;
  readonly name: string;
}

/** Databases: the port of one that says none, and `.` between the parts of a name. */
const DATABASES: Readonly<Record<string, { readonly scheme: string; readonly port?: string }>> = {
  postgres: { scheme: 'postgres', port: '5432' },
  postgresql: { scheme: 'postgres', port: '5432' },
  mysql: { scheme: 'mysql', port: '3306' },
  mssql: { scheme: 'mssql', port: '1433' },
  oracle: { scheme: 'oracle', port: '1521' },
  redshift: { scheme: 'redshift', port: '5439' },
  trino: { scheme: 'trino', port: '8080' },
  cassandra: { scheme: 'cassandra', port: '9042' },
  snowflake: { scheme: 'snowflake' },
};
/** The scheme of the naming rules for schemes that mean the same store. */
const SAME_STORE: Readonly<Record<string, string>> = {
  s3a: 's3',
  s3n: 's3',
  gcs: 'gs',
  abfs: 'abfss',
  wasb: 'wasbs',
};
/** The name is a path, which begins with `/`; elsewhere it does not. */
const FILE_SYSTEMS: readonly string[] = ['file', 'hdfs', 'dbfs'];
/** What stands before `@` is a container there, and who logs in elsewhere. */
const CONTAINERS: readonly string[] = ['abfss', 'wasbs'];

/**
 * The dataset behind the URI of an asset, by the naming rules of OpenLineage, so that it is the same one for
 * every tool that follows them. Who logs in, which an address may hold, is left out.
 */
export function datasetOf(uri: string): Dataset {
  const match = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?(.*)$/s.exec(uri);
  if (match === null) return { namespace: 'orch', name: uri };
  const [, given = '', authority = '', rest = ''] = match;
  const scheme = SAME_STORE[given] ?? given;
  const host = CONTAINERS.includes(scheme) ? authority : authority.slice(authority.lastIndexOf('@') + 1);
  const path = rest.replace(/^\/+|\/+$/g, '');
  if (scheme === 'bigquery')
    return { namespace: scheme, name: [host, ...path.split('/')].filter((part) => part !== '').join('.') };
  const database = DATABASES[scheme];
  if (database !== undefined && host !== '') {
    const port = database.port === undefined || /:\d+$/.test(host) ? '' : `:${database.port}`;
    return { namespace: `${database.scheme}://${host}${port}`, name: path.replaceAll('/', '.') || '/' };
  }
  const namespace = host === '' ? scheme : `${scheme}://${host}`;
  return { namespace, name: FILE_SYSTEMS.includes(scheme) ? `/${path}` : path || '/' };
}
