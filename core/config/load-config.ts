import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { Diagnostic } from '../model/errors.ts';
import { AppError } from '../model/errors.ts';
import { nearest } from '../model/nearest.ts';
import { checkAlerts } from './assemble-alerts.ts';
import { assembleConfig, configEntries } from './assemble-config.ts';
import { checkOidc } from './assemble-oidc.ts';
import { checkTelemetry } from './assemble-telemetry.ts';
import { CONFIG_SCHEMA } from './config.schema.ts';
import type { Config, ConfigEntry } from './config.ts';
import { envLayer } from './env-layer.ts';
import { CONFIG_BYTES_MAX, fileLayer } from './file-layer.ts';
import { givenTexts } from './given-texts.ts';
import type { ConfigPlace, ConfigProblem, Setting, Settings, Written } from './layer.ts';
import { readLayer } from './read-layer.ts';

/** Name of the one config file of a project. */
export const CONFIG_FILE = 'airflow.yaml';

export interface ConfigInput {
  readonly projectDir: string;
  /** The real environment. */
  readonly env: { readonly [name: string]: string | undefined };
  /** Dotted key → text of a command line flag, such as `log.level` → `debug`. */
  readonly flags?: { readonly [key: string]: string };
  /** Overrides `ORCH_PROFILE`. */
  readonly profile?: string;
  /** The text of the config file, in the place of what lies in the project. */
  readonly text?: string;
  /** Cores that defaults are reckoned from; this machine's if absent. */
  readonly cores?: number;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly entries: readonly ConfigEntry[];
  readonly profile: string | null;
}

/**
 * Loads the config of a project: flags > `ORCH__*` environment > `.env` > `airflow.yaml` (profile over base)
 * > defaults. Throws an `AppError` of code `invalid` with every mistake in `details.diagnostics`.
 */
export function loadConfig(input: ConfigInput): Config {
  return loadConfigWithOrigins(input).config;
}

/** Like {@link loadConfig}, and says for every value where it came from. */
export function loadConfigWithOrigins(input: ConfigInput): LoadedConfig {
  const problems: ConfigProblem[] = [];
  const report = (problem: ConfigProblem): void => void problems.push(problem);
  const dotenv = readDotenv(input.projectDir);
  const file =
    input.text === undefined
      ? readConfigFile(input.projectDir, report)
      : fileLayer(CONFIG_FILE, input.text, report);
  const profile = input.profile ?? input.env.ORCH_PROFILE ?? dotenv.variables.ORCH_PROFILE ?? null;
  const layers: Written[] = [];
  if (file !== null) layers.push(...fileLayers(file, profile, report));
  else if (profile !== null) report(unknownProfile(profile, []));
  layers.push(...envLayer(CONFIG_SCHEMA, dotenv.variables, dotenv.placeOf, report));
  const real = { variables: input.env, placeOf: placeInEnv };
  layers.push(...envLayer(CONFIG_SCHEMA, real.variables, real.placeOf, report));
  layers.push(...flagLayers(input.flags ?? {}));
  const settings = merge(layers.map((layer) => readLayer(CONFIG_SCHEMA, layer, report)));
  const lookup = (name: string): string | undefined => input.env[name] ?? dotenv.variables[name];
  checkTogether(settings, report);
  checkTelemetry(settings, lookup, report);
  const texts = givenTexts(settings, [dotenv, real], report);
  if (problems.length > 0) throw configError(problems);
  const machine = { projectDir: resolve(input.projectDir), cores: input.cores ?? availableParallelism() };
  const config = assembleConfig(settings, texts, lookup, machine);
  return { config, entries: configEntries(config, settings), profile };
}

function placeInEnv(name: string): ConfigPlace {
  return { origin: { kind: 'env', place: name } };
}

function readText(path: string): string | null {
  try {
    const found = statSync(path);
    // To read a named pipe may never end.
    if (!found.isFile())
      throw new AppError('invalid', `${path} is not a file (a folder, a pipe or a device): it is not read.`);
    if (found.size > CONFIG_BYTES_MAX) {
      throw new AppError(
        'invalid',
        `${path} is larger than ${CONFIG_BYTES_MAX} bytes, which no config needs.`,
      );
    }
    const content = readFileSync(path);
    if (isUtf8(content)) return content.toString('utf8');
    throw new AppError('invalid', `${path} is not text in UTF-8: save it in that encoding.`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error instanceof AppError
      ? error
      : new AppError('invalid', `Cannot read ${path}: ${String(error)}`, {}, error);
  }
}

function readConfigFile(projectDir: string, report: (problem: ConfigProblem) => void): Written | null {
  const text = readText(join(projectDir, CONFIG_FILE));
  return text === null ? null : fileLayer(CONFIG_FILE, text, report);
}

function readDotenv(projectDir: string): {
  readonly variables: { readonly [name: string]: string | undefined };
  readonly placeOf: (name: string) => ConfigPlace;
} {
  const text = readText(join(projectDir, '.env')) ?? '';
  const lines = text.split(/\r?\n/);
  const placeOf = (name: string): ConfigPlace => {
    const at = lines.findIndex(
      (line) =>
        line
          .trimStart()
          .replace(/^export\s+/, '')
          .split('=')[0]
          ?.trim() === name,
    );
    return {
      origin: { kind: 'dotenv', place: `.env:${at + 1}` },
      file: '.env',
      line: at + 1,
      column: 1,
      source: name,
    };
  };
  return { variables: { ...parseEnv(text) }, placeOf };
}

function fileLayers(
  file: Written,
  profile: string | null,
  report: (problem: ConfigProblem) => void,
): Written[] {
  if (file.kind !== 'map') return [file];
  const base: Written = { ...file, entries: file.entries.filter((entry) => entry.key !== 'profiles') };
  const written = file.entries.find((entry) => entry.key === 'profiles')?.value;
  const profiles = written?.kind === 'map' ? written.entries : [];
  if (written !== undefined && written.kind !== 'map') {
    report({
      rule: 'config-type',
      message: "'profiles' must be a map of names to sections",
      place: written.place,
    });
  }
  for (const other of profiles) if (other.key !== profile) readLayer(CONFIG_SCHEMA, other.value, report);
  const chosen = profiles.find((entry) => entry.key === profile);
  if (profile !== null && chosen === undefined)
    report(
      unknownProfile(
        profile,
        profiles.map((entry) => entry.key),
      ),
    );
  return chosen === undefined ? [base] : [base, chosen.value];
}

function unknownProfile(profile: string, names: readonly string[]): ConfigProblem {
  const similar = nearest(profile, names);
  const known = names.length === 0 ? `${CONFIG_FILE} has no profiles` : `known: ${names.join(', ')}`;
  return {
    rule: 'config-profile',
    message: `there is no profile '${profile}'`,
    place: { origin: { kind: 'file', place: CONFIG_FILE }, file: CONFIG_FILE },
    hint: similar === null ? known : `did you mean '${similar}'?`,
  };
}

function flagLayers(flags: { readonly [key: string]: string }): Written[] {
  return Object.entries(flags).map(([key, value]) => {
    const place: ConfigPlace = { origin: { kind: 'flag', place: `--${key.replaceAll('.', '-')}` } };
    const leaf: Written = { kind: 'scalar', value, place, text: true };
    return key
      .split('.')
      .reduceRight<Written>(
        (inner, part) => ({ kind: 'map', entries: [{ key: part, place, value: inner }], place }),
        leaf,
      );
  });
}

function merge(layers: readonly Settings[]): Map<string, Setting> {
  const merged = new Map<string, Setting>();
  for (const layer of layers) for (const [key, setting] of layer) merged.set(key, setting);
  return merged;
}

function checkTogether(settings: Settings, report: (problem: ConfigProblem) => void): void {
  const file = settings.get('store.encryptionKeyFile');
  if (file !== undefined && settings.has('store.encryptionKey'))
    report({
      rule: 'config-contradiction',
      message: "'store.encryptionKey' and 'store.encryptionKeyFile' both name keys",
      place: file.place,
      hint: 'leave one of them out',
    });
  checkAlerts(settings, report);
  checkOidc(settings, report);
  const kind = settings.get('store.kind');
  if (kind?.value === 'postgres' && !settings.has('store.url')) {
    const hint = 'set ORCH__STORE__URL in the environment or in .env';
    report({
      rule: 'config-missing',
      message: "'store.kind: postgres' needs 'store.url'",
      place: kind.place,
      hint,
    });
  }
}

/** Keys that hold what must not be seen, with what stands behind them on their line. */
const SECRETS =
  /\b(url|secret|token|user|password|from|to)(["']?\s*:\s*)("[^"]*"|'[^']*'|\[[^\]]*\]?|[^,}#]*[^,}#\s])/g;
const SECRET_LINE = /(\w*(?:password|secret|token|encryptionKey)\w*["']?\s*:\s*)\S.*$/i;

/** A line of the config may hold an address with a password; what is printed must not. */
function withoutPassword(line: string): string {
  const masked = line.replaceAll(SECRETS, '$1$2***').replaceAll(/(https?:\/\/)[^\s"',}]+/g, '$1***');
  const bare = masked.replaceAll(/(:\/\/[^\s:@/]*):[^\s@]*@/g, '$1:***@');
  return bare.replaceAll(/((?:pass|secret|key)[a-z]*=)[^\s&"']*/gi, '$1***').replace(SECRET_LINE, '$1***');
}

function configError(problems: readonly ConfigProblem[]): AppError {
  const diagnostics = problems.map(
    ({ rule, message, place, hint }): Diagnostic => ({
      severity: 'error',
      rule,
      message,
      ...(place.file === undefined ? { file: place.origin.place } : { file: place.file }),
      ...(place.line === undefined ? {} : { line: place.line }),
      ...(place.column === undefined ? {} : { column: place.column }),
      ...(place.source === undefined ? {} : { source: withoutPassword(place.source) }),
      ...(hint === undefined ? {} : { hint }),
    }),
  );
  const count = diagnostics.length === 1 ? 'a mistake' : `${diagnostics.length} mistakes`;
  return new AppError('invalid', `The config has ${count}.`, {
    diagnostics: diagnostics.map((one) => ({ ...one })),
  });
}
