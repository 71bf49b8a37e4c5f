import type { ClientAuth, Configuration } from 'openid-client';
import type { ClaimRules, Claims } from '../../core/accounts/outside-login.ts';
import { newSecret, secretHash } from '../../core/accounts/secret-text.ts';
import type { OidcConfig } from '../../core/config/assemble-oidc.ts';
import type { Clock } from '../../core/model/clock.ts';
import { AppError } from '../../core/model/errors.ts';
import type { OutsideIdentity } from '../../core/store/accounts.ts';

/** Somebody has to come back from the provider by then. */
export const LOGIN_BEGUN_MS = 600_000;
/** Logins that are begun and not finished. */
const BEGUN_MAX = 10_000;
/** What the provider says of itself is asked for again after this. */
const KNOWN_MS = 3_600_000;
/** Errors of requests to the provider, not of what it answers. */
const AWAY = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT']);

/** What the provider sends a browser back with. */
export interface Returned {
  readonly code?: string;
  readonly state?: string;
  readonly iss?: string;
  readonly error?: string;
}

/** Who came back. */
export interface OutsidePerson {
  readonly identity: OutsideIdentity;
  readonly claims: Claims;
}

interface Begun {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly untilMono: number;
}

/**
 * Asks a provider of OpenID Connect who somebody is: a code with PKCE, state and nonce. A login is
 * bound to the browser that began it by a secret, and finished once, at this server.
 */
export class OidcProvider {
  readonly #config: OidcConfig;
  readonly #clock: Clock;
  readonly #begun = new Map<string, Begun>();
  #known: { readonly client: Promise<Configuration>; readonly untilMono: number } | null = null;

  constructor(config: OidcConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  /** What claims of a person mean here. */
  get rules(): ClaimRules {
    return this.#config;
  }

  /** Where to send a browser, and the secret that it has to come back with. @throws AppError `unavailable` */
  async begin(): Promise<{ readonly url: string; readonly browser: string }> {
    const oidc = await import('openid-client');
    const client = await this.#client();
    const now = this.#clock.mono();
    // They are in the order of their ends.
    for (const [hash, { untilMono }] of this.#begun) {
      if (untilMono > now && this.#begun.size < BEGUN_MAX) break;
      this.#begun.delete(hash);
    }
    const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
    const verifier = oidc.randomPKCECodeVerifier();
    const browser = newSecret();
    this.#begun.set(secretHash(browser), { state, nonce, verifier, untilMono: now + LOGIN_BEGUN_MS });
    const url = oidc.buildAuthorizationUrl(client, {
      ...{ redirect_uri: this.#config.redirectUri, scope: this.#config.scopes.join(' ') },
      ...{ state, nonce, code_challenge_method: 'S256' },
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    });
    return { url: url.href, browser };
  }

  /**
   * Who came back with an answer of the provider.
   * @throws AppError `unauthenticated` for an answer that is none to what this browser has begun,
   * `unavailable` if the provider cannot be asked.
   */
  async finish(browser: string | undefined, returned: Returned): Promise<OutsidePerson> {
    const hash = secretHash(browser ?? '');
    const begun = this.#begun.get(hash);
    this.#begun.delete(hash);
    if (begun === undefined || begun.untilMono <= this.#clock.mono() || begun.state !== returned.state)
      throw new AppError(
        'unauthenticated',
        'this browser has begun no such login, or too long ago: try again',
      );
    if (returned.error !== undefined)
      throw new AppError('unauthenticated', 'the login provider has refused the login');
    const oidc = await import('openid-client');
    const client = await this.#client();
    const url = new URL(this.#config.redirectUri);
    for (const [name, value] of Object.entries(returned)) url.searchParams.set(name, value);
    const checks = {
      pkceCodeVerifier: begun.verifier,
      expectedState: begun.state,
      expectedNonce: begun.nonce,
    };
    try {
      const tokens = await oidc.authorizationCodeGrant(client, url, { ...checks, idTokenExpected: true });
      const told = tokens.claims();
      if (told === undefined) throw new Error('there is no id token');
      const more = this.#isMissing(client, told)
        ? await oidc.fetchUserInfo(client, tokens.access_token, told.sub)
        : {};
      return { identity: { issuer: told.iss, subject: told.sub }, claims: { ...more, ...told } };
    } catch (error) {
      throw refusal(error);
    }
  }

  /** Whether only the provider's own answer about a person can have a claim that is asked for here. */
  #isMissing(client: Configuration, claims: Claims): boolean {
    const { nameClaim, rolesClaim } = this.#config;
    const hasAll = [nameClaim, rolesClaim].every((name) => Object.hasOwn(claims, name));
    return !hasAll && client.serverMetadata().userinfo_endpoint !== undefined;
  }

  async #client(): Promise<Configuration> {
    const now = this.#clock.mono();
    const known = this.#known !== null && this.#known.untilMono > now ? this.#known : null;
    this.#known = known ?? { client: this.#discover(), untilMono: now + KNOWN_MS };
    const found = this.#known;
    try {
      return await found.client;
    } catch (error) {
      if (this.#known === found) this.#known = null;
      throw new AppError('unavailable', 'the login provider does not answer as one: try again', {}, error);
    }
  }

  async #discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret, timeoutMs } = this.#config;
    const oidc = await import('openid-client');
    const auth = clientSecret === null ? oidc.None() : clientAuth(oidc, clientSecret);
    const address = new URL(issuer);
    // The config has plain http on the loopback address alone.
    const isPlain = address.protocol === 'http:';
    const client = await oidc.discovery(address, clientId, undefined, auth, {
      timeout: timeoutMs / 1_000,
      execute: isPlain ? [oidc.allowInsecureRequests] : [],
    });
    // Signatures are checked although the token comes from the provider itself.
    oidc.enableNonRepudiationChecks(client);
    return client;
  }
}

/** The secret goes in a header, but to a provider that only takes it in the body. */
function clientAuth(oidc: typeof import('openid-client'), clientSecret: string): ClientAuth {
  const [basic, post] = [oidc.ClientSecretBasic(clientSecret), oidc.ClientSecretPost(clientSecret)];
  return (provider, ...request) => {
    const methods = provider.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const isPost = methods.includes('client_secret_post') && !methods.includes('client_secret_basic');
    return (isPost ? post : basic)(provider, ...request);
  };
}

/** What is said of an error: nothing that the provider wrote. */
function refusal(error: unknown): AppError {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  const isAway = error instanceof TypeError || cause instanceof TypeError || AWAY.has(String(code));
  return isAway
    ? new AppError('unavailable', 'the login provider does not answer: try again', {}, error)
    : new AppError('unauthenticated', 'the answer of the login provider is not valid', {}, error);
}
