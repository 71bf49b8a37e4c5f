/** Variables that every attempt inherits from orch; all others stay with orch. */
const INHERITED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TMPDIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
] as const;

export type Environment = { [name: string]: string };

/**
 * The environment of an attempt before its own variables: the usual ones, `LC_*`, and those named in
 * `passEnv`.
 */
export function inheritedEnvironment(source: NodeJS.ProcessEnv, passEnv: readonly string[]): Environment {
  const kept: Environment = {};
  for (const name of [...INHERITED, ...passEnv]) {
    const value = source[name];
    if (value !== undefined) kept[name] = value;
  }
  for (const [name, value] of Object.entries(source)) {
    if (name.startsWith('LC_') && value !== undefined) kept[name] = value;
  }
  return kept;
}
