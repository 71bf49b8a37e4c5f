import type { ConfigEntry } from '../../core/config/config.ts';
import { loadConfigWithOrigins } from '../../core/config/load-config.ts';
import { durationText } from '../../core/model/duration.ts';
import { AppError } from '../../core/model/errors.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { projectDir } from '../project-dir.ts';
import { tableLines, tableWidth } from '../render/table.ts';

const DURATIONS = new RegExp(
  '^retention\\.runs$|\\.(idle|delay|maxDelay|timeout|requestTimeout|killGrace|for|window|coolDown)$|' +
    '^scheduler\\.load(Cpu|Wait)$',
);

interface ConfigOptions {
  readonly origin?: boolean;
}

/** `orch config show`: the values that count, and where each came from. Secrets are masked. */
export const config = defineCommand<ConfigOptions>({
  description:
    'Flags win over ORCH__SECTION__KEY variables, then .env, airflow.yaml (profile over base), defaults.',
  examples: [
    { command: 'orch config show', what: 'the values in force' },
    { command: 'orch config show --origin', what: 'and where each came from' },
    {
      command: 'ORCH__SCHEDULER__MAX_ACTIVE=4 orch config show --origin',
      what: 'a value from the environment',
    },
  ],
  define: (command) => {
    command
      .argument('<action>', "'show'")
      .argument('[key]', 'only this key or section')
      .option('--origin', 'print where each value came from');
  },
  run: async (context, options, [action, key]) => {
    requireShow(action);
    const { profile } = context.flags;
    const loaded = loadConfigWithOrigins({
      projectDir: projectDir(context),
      env: context.host.env,
      ...(profile === undefined ? {} : { profile }),
    });
    return tellConfig(context, loaded, key, options);
  },
});

/** `orch config show` of a server: the keys that may be told over the API. */
export const configThere: RemoteRun<ConfigOptions> = async (context, server, options, [action, key]) => {
  requireShow(action);
  const { profile, items } = await server.call('getConfig', {});
  const entries = items.map(({ key, value, origin }): ConfigEntry => ({ key, value, origin }));
  return tellConfig(context, { profile, entries }, key, options);
};

function requireShow(action: unknown): void {
  if (action !== 'show')
    throw new AppError('usage', `There is no 'orch config ${action}'. Did you mean 'orch config show'?`);
}

function tellConfig(
  context: CommandContext,
  { profile, entries: all }: { readonly profile: string | null; readonly entries: readonly ConfigEntry[] },
  key: unknown,
  { origin = false }: ConfigOptions,
): number {
  const wanted = typeof key === 'string' ? key : null;
  const entries = all.filter(
    (entry) => wanted === null || entry.key === wanted || entry.key.startsWith(`${wanted}.`),
  );
  if (entries.length === 0) throw new AppError('not_found', `The config has no key '${key}'.`);
  if (context.flags.json) {
    const items = entries.map((entry) => (origin ? entry : { key: entry.key, value: entry.value }));
    context.json({ profile, items });
    return EXIT.ok;
  }
  const columns = [
    { title: 'key', text: (entry: ConfigEntry) => entry.key },
    { title: 'value', text: valueText, flex: true },
    ...(origin
      ? [{ title: 'from', text: (entry: ConfigEntry) => entry.origin.place, paint: context.style.dim }]
      : []),
  ];
  context.print(tableLines(columns, entries, tableWidth(context.host.stdout), context.style.dim).join('\n'));
  return EXIT.ok;
}

function valueText({ key, value }: ConfigEntry): string {
  if (value === null) return '-';
  return typeof value === 'number' && DURATIONS.test(key) ? durationText(value) : String(value);
}
