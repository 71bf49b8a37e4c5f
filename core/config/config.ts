import type { EngineDefaults } from '../model/defaults.ts';
import type { PoolSetting } from '../model/pool.ts';
import type { AlertsConfig } from './assemble-alerts.ts';
import type { OidcConfig } from './assemble-oidc.ts';
import type { TelemetryConfig } from './assemble-telemetry.ts';

/** The config of one process: complete, checked and frozen. Paths are absolute, durations in milliseconds. */
export interface Config {
  readonly store: StoreConfig;
  readonly scheduler: {
    /** Attempts at once over all DAGs. */
    readonly maxActive: number;
    /** What loading a DAG file may take. */
    readonly loadCpuMs: number;
    readonly loadWaitMs: number;
    readonly loadMemoryMb: number;
  };
  readonly runners: {
    readonly max: number;
    readonly memoryMb: number;
    readonly idleMs: number;
    readonly maxAttempts: number;
  };
  /** Always has `default`. */
  readonly pools: { readonly [name: string]: PoolSetting & { readonly origin: ConfigOrigin } };
  readonly defaults: EngineDefaults;
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error';
    /** Of orch's own log, before it is put aside. */
    readonly maxBytes: number;
    /** Older files of orch's own log. */
    readonly keep: number;
    readonly maxBytesPerAttempt: number;
  };
  readonly retention: {
    /** From the end of a run until it is deleted; `null`: never. */
    readonly runsMs: number | null;
    /** The newest finished runs of a DAG that stay in any case. */
    readonly keep: number;
    /** With less free than this the oldest runs go earlier. */
    readonly diskFreeBytes: number;
  };
  /** Variables and connections by name, as environment and airflow.yaml give them. */
  readonly variables: { readonly [name: string]: GivenText };
  readonly connections: { readonly [name: string]: GivenText };
  readonly server: {
    /** An address, or a name that this machine knows one for. */
    readonly host: string;
    readonly port: number;
    /** Whether everybody has to log in, also where only this machine reaches the server. */
    readonly requireLogin: boolean;
    /** By which browsers reach it through a proxy; `null`: nothing is said. */
    readonly url: string | null;
    /** `null`: nobody but this server says who somebody is. */
    readonly oidc: OidcConfig | null;
    readonly limits: {
      /** Of one asker from one address, over time and at once. */
      readonly requestsPerSecond: number;
      readonly burst: number;
      /** In a minute, for each address and for each name. */
      readonly failedLogins: number;
      /** Until a request has arrived. */
      readonly requestTimeoutMs: number;
    };
  };
  /** Without rules nobody is told of anything. */
  readonly alerts: AlertsConfig;
  readonly telemetry: TelemetryConfig;
}

/** The value of a variable, or a connection as JSON, that no row of the store holds. */
export interface GivenText {
  readonly text: string;
  /** `plain` or `secret` of a variable, the type of a connection. */
  readonly kind: string;
  /** It comes before what is stored; otherwise after it. */
  readonly wins: boolean;
  readonly origin: ConfigOrigin;
}

/**
 * `path` is the state folder of the project, also where the database is elsewhere: logs and outputs are
 * files.
 */
export type StoreConfig = (
  | { readonly kind: 'sqlite' }
  | { readonly kind: 'postgres'; readonly url: string }
) & {
  readonly path: string;
  readonly durability: 'normal' | 'full';
  /** Keys of variables and connections, the one that encrypts first. */
  readonly encryptionKey?: string;
  /** A file with such keys; without both there is one in the state folder. */
  readonly encryptionKeyFile?: string;
};

/** Where a value of the config came from. */
export interface ConfigOrigin {
  readonly kind: 'flag' | 'env' | 'dotenv' | 'file' | 'default';
  /** `airflow.yaml:3:12`, `ORCH__LOG__LEVEL`, `--log-level`, or `default`. */
  readonly place: string;
}

/** One value of the config as `orch config show` prints it; secrets are masked. */
export interface ConfigEntry {
  /** Dotted, such as `pools.exchange_api.slots`. */
  readonly key: string;
  readonly value: string | number | boolean | null;
  readonly origin: ConfigOrigin;
}
