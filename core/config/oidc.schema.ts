import { GRANT_DAGS, ROLES } from '../model/account.ts';
import { DURATION_PATTERN } from '../model/duration.ts';

/** What an absent key of `server.oidc` means. */
export const OIDC_DEFAULTS = {
  scopes: ['openid', 'profile', 'email'],
  nameClaim: 'preferred_username',
  rolesClaim: 'groups',
  label: 'single sign-on',
  timeoutMs: 10_000,
} as const;

const WORD = '^[\\x21-\\x7e]{1,256}$';

/** `server.url`: where browsers are when they ask this server. */
export const SERVER_URL_SCHEMA = {
  type: 'string',
  pattern: '^https?://[^/?#@\\s]+/?$',
  description:
    'The address by which browsers reach the server, through a proxy: with https:// cookies need TLS.',
} as const;

/** The section `server.oidc`: another service says who somebody is. */
export const OIDC_SCHEMA = {
  type: 'object',
  description: 'Login by an OpenID Connect provider, beside that with passwords. Absent: there is none.',
  additionalProperties: false,
  needs: 'issuer',
  properties: {
    issuer: {
      type: 'string',
      description:
        'The address of the provider, exactly as it names itself; https, but on the loopback address.',
    },
    clientId: { type: 'string', description: 'The name by which the provider knows this server.' },
    clientSecret: {
      type: 'string',
      secret: true,
      description:
        'The secret of that name; in ORCH__SERVER__OIDC__CLIENT_SECRET alone. Absent: it needs none.',
    },
    redirectUri: {
      type: 'string',
      description:
        'The address of this server as browsers see it, with /api/v1/login/oidc/callback; ' +
        'the provider has to know the same text.',
    },
    scopes: {
      type: 'array',
      items: { type: 'string', pattern: WORD },
      description: 'What is asked of the provider; `openid` is needed. Default: openid, profile, email.',
    },
    nameClaim: {
      type: 'string',
      default: OIDC_DEFAULTS.nameClaim,
      description: 'The claim that names a new account. It says nothing of who somebody is.',
    },
    rolesClaim: {
      type: 'string',
      default: OIDC_DEFAULTS.rolesClaim,
      description:
        'The claim, a text or a list of texts, that `roles` is about: of the id token, else of what ' +
        'the provider answers about a person.',
    },
    roles: {
      type: 'object',
      description: 'Rights by values of `rolesClaim`, compared exactly. Without one nobody gets in.',
      propertyNames: { pattern: '^[^\\u0000-\\u001f]{1,256}$' },
      additionalProperties: {
        type: 'object',
        description: 'What the value gives: `ops: operator`, or `role` and `dags`.',
        additionalProperties: false,
        properties: {
          role: { type: 'string', enum: ROLES, description: 'The role that the value gives.' },
          dags: {
            type: 'string',
            pattern: GRANT_DAGS,
            default: '*',
            description: 'The DAGs that it gives it for: an id, a beginning such as `market_*`, or `*`.',
          },
        },
        shortFor: 'role',
      },
    },
    label: {
      type: 'string',
      default: OIDC_DEFAULTS.label,
      description: 'What the page calls the provider: `Sign in with ...`.',
    },
    timeout: {
      type: ['string', 'integer'],
      pattern: DURATION_PATTERN,
      default: '10s',
      description: 'How long each request to the provider may take.',
    },
  },
} as const;
