import type { ValueOf, ValueRecord } from '../core/model/variable.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { CommandContext } from './context.ts';
import { tableLines, tableWidth } from './render/table.ts';
import { dateText, instantText } from './render/time-text.ts';

/** A variable or connection as tasks would find it now. */
export interface ListedValue {
  readonly name: string;
  /** `plain` or `secret` of a variable, the type of a connection. */
  readonly kind: string;
  /** `store`, or where else it stands. */
  readonly from: string;
  /** `null`: it does not come from the store; then `text` has it. */
  readonly record: ValueRecord | null;
  readonly text: string;
}

/** All variables or connections by name: of the environment before the store, before airflow.yaml. */
export async function listedValues({ store, config }: Project, of: ValueOf): Promise<ListedValue[]> {
  const [rows, texts] =
    of === 'variable' ? [store.variables, config.variables] : [store.connections, config.connections];
  const found = new Map<string, ListedValue>();
  for (const record of await rows.all())
    found.set(record.name, { name: record.name, kind: record.kind, from: 'store', record, text: '' });
  for (const [name, { text, kind, wins, origin }] of Object.entries(texts))
    if (wins || !found.has(name)) {
      const isPlain = of === 'variable' && found.get(name)?.kind === 'plain';
      found.set(name, { name, kind: isPlain ? 'plain' : kind, from: origin.place, record: null, text });
    }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Prints names, kinds and where they come from: never a value. */
export function printValues(context: CommandContext, of: ValueOf, values: readonly ListedValue[]): void {
  if (context.flags.json) {
    const items = values.map(({ name, kind, from, record }) => ({
      name,
      ...(of === 'variable' ? { secret: kind === 'secret' } : { type: kind }),
      from,
      changedAt: record === null ? null : instantText(record.changedAt),
      changedBy: record?.changedBy ?? null,
    }));
    return context.json({ items, nextCursor: null });
  }
  if (values.length === 0) return context.say(`There are no ${of}s: orch ${of} set <name> makes one.`);
  const { bold, dim } = context.style;
  const columns = [
    { title: 'name', text: ({ name }: ListedValue) => name, paint: bold },
    { title: of === 'variable' ? 'kind' : 'type', text: ({ kind }: ListedValue) => kind },
    { title: 'from', text: ({ from }: ListedValue) => from, flex: true },
    {
      title: 'changed (UTC)',
      text: ({ record }: ListedValue) => (record === null ? '' : dateText(record.changedAt)),
    },
    { title: 'by', text: ({ record }: ListedValue) => record?.changedBy ?? '', flex: true, paint: dim },
  ];
  context.print(tableLines(columns, values, tableWidth(context.host.stdout), dim).join('\n'));
}
