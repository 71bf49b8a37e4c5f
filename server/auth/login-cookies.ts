import type { Config } from '../../core/config/config.ts';
import { API } from '../route.ts';

/** Where browsers begin a login by a provider. */
export const OIDC_PATH = `${API}/login/oidc`;

/** A cookie: what it is called, and what sets it. With the time 0 it ends it. */
export interface LoginCookie {
  readonly name: string;
  set(secret: string, maxAgeS: number): string;
}

/** The cookies of logins. */
export interface LoginCookies {
  /** Of a browser that is logged in. */
  readonly login: LoginCookie;
  /** Of a browser that has begun a login by a provider. */
  readonly begun: LoginCookie;
}

/**
 * The cookies of a server. Where browsers reach it over TLS they send them over nothing else, and the
 * prefixes of their names keep neighbours of the domain from setting them.
 */
export function loginCookies({ url, oidc }: Config['server']): LoginCookies {
  const isSecure = (url ?? oidc?.redirectUri ?? '').toLowerCase().startsWith('https:');
  const cookie = (prefix: string, name: string, path: string, site: 'Strict' | 'Lax'): LoginCookie => {
    const whole = isSecure ? `${prefix}${name}` : name;
    const flags = `HttpOnly; ${isSecure ? 'Secure; ' : ''}SameSite=${site}`;
    return {
      name: whole,
      set: (secret, maxAgeS) => `${whole}=${secret}; Path=${path}; Max-Age=${maxAgeS}; ${flags}`,
    };
  };
  return {
    login: cookie('__Host-', 'orch_login', '/', 'Strict'),
    // Lax: the provider is another site, and sends browsers back.
    begun: cookie('__Secure-', 'orch_oidc', OIDC_PATH, 'Lax'),
  };
}
