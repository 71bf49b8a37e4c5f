import type { Grant, Role } from '../model/account.ts';
import type { ConfigProblem, Setting, Settings } from './layer.ts';
import { OIDC_DEFAULTS } from './oidc.schema.ts';

/** Where the provider sends browsers back to. */
export const OIDC_CALLBACK_PATH = '/api/v1/login/oidc/callback';
const PREFIX = 'server.oidc.';
const ROLES_PREFIX = `${PREFIX}roles.`;

/** Who says who somebody is, and what that gives. */
export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  /** `null`: the provider wants none. */
  readonly clientSecret: string | null;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly nameClaim: string;
  readonly rolesClaim: string;
  /** Rights by values of the claim, which are compared as they are. */
  readonly roles: ReadonlyMap<string, Grant>;
  readonly label: string;
  readonly timeoutMs: number;
}

/** Puts `server.oidc` together from settings that were checked; `null` if nothing is said. */
export function assembleOidc(settings: Settings): OidcConfig | null {
  if (settings.get(`${PREFIX}issuer`) === undefined) return null;
  const value = (key: string): Setting['value'] | undefined => settings.get(PREFIX + key)?.value;
  const secret = value('clientSecret');
  return {
    issuer: String(value('issuer')),
    clientId: String(value('clientId')),
    clientSecret: secret === undefined ? null : String(secret),
    redirectUri: String(value('redirectUri')),
    scopes: (value('scopes') as readonly string[] | undefined) ?? OIDC_DEFAULTS.scopes,
    nameClaim: String(value('nameClaim') ?? OIDC_DEFAULTS.nameClaim),
    rolesClaim: String(value('rolesClaim') ?? OIDC_DEFAULTS.rolesClaim),
    roles: new Map(mappedValues(settings).map((name) => [name, grantOf(settings, name)])),
    label: String(value('label') ?? OIDC_DEFAULTS.label),
    timeoutMs: Number(value('timeout') ?? OIDC_DEFAULTS.timeoutMs),
  };
}

/** The values of the claim that `roles` is about. */
function mappedValues(settings: Settings): string[] {
  const keys = [...settings.keys()].filter((key) => key.startsWith(ROLES_PREFIX));
  return [...new Set(keys.map((key) => key.slice(ROLES_PREFIX.length, key.lastIndexOf('.'))))];
}

function grantOf(settings: Settings, value: string): Grant {
  const said = (key: string): Setting['value'] | undefined =>
    settings.get(`${ROLES_PREFIX}${value}.${key}`)?.value;
  return { dags: String(said('dags') ?? '*'), role: said('role') as Role };
}

/** Finds what is wrong with `server.oidc` when all layers are put together. */
export function checkOidc(settings: Settings, report: (problem: ConfigProblem) => void): void {
  const [, some] = [...settings].find(([key]) => key.startsWith(PREFIX)) ?? [];
  if (some === undefined) return;
  for (const key of ['issuer', 'clientId', 'redirectUri'])
    if (!settings.has(PREFIX + key))
      report({ rule: 'config-missing', message: `'server.oidc' needs '${key}'`, place: some.place });
  for (const value of mappedValues(settings))
    if (!settings.has(`${ROLES_PREFIX}${value}.role`))
      report({
        rule: 'config-missing',
        message: `'${ROLES_PREFIX}${value}' needs 'role'`,
        place: some.place,
      });
  const wrong = (key: string, message: string, hint: string): void => {
    const place = settings.get(PREFIX + key)?.place ?? some.place;
    report({ rule: 'config-value', message: `'${PREFIX}${key}' ${message}`, place, hint });
  };
  for (const key of ['issuer', 'redirectUri']) {
    const text = settings.get(PREFIX + key)?.value;
    if (text !== undefined && !isSafeAddress(String(text)))
      wrong(
        key,
        'must be an address without query that begins with https://',
        'http is for this machine only',
      );
  }
  const uri = settings.get(`${PREFIX}redirectUri`)?.value;
  if (uri !== undefined && !String(uri).endsWith(OIDC_CALLBACK_PATH))
    wrong('redirectUri', `must end in ${OIDC_CALLBACK_PATH}`, 'the provider sends browsers back there');
  const scopes = settings.get(`${PREFIX}scopes`)?.value;
  if (scopes !== undefined && !(scopes as readonly string[]).includes('openid'))
    wrong('scopes', "must have 'openid'", 'without it the provider does not say who somebody is');
  const kind = settings.get(`${PREFIX}clientSecret`)?.place.origin.kind;
  if (kind === 'file' || kind === 'flag')
    wrong('clientSecret', 'is a secret: it does not stand here', 'set ORCH__SERVER__OIDC__CLIENT_SECRET');
}

/** Whether nobody on the way can read or change what is asked: TLS, or this machine. */
function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (`${username}${password}${search}${hash}` !== '') return false;
  const isHere = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isHere);
}
