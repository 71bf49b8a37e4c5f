import { AppError } from '../core/model/errors.ts';
import { nearest } from '../core/model/nearest.ts';
import { VALUE_NAME, type ValueOf } from '../core/model/variable.ts';
import type { CommandContext } from './context.ts';
import { tableLines, tableWidth } from './render/table.ts';
import { dateText, instantText } from './render/time-text.ts';

/** What a value is said to come from that is stored. */
export const STORED = 'store';

/** A variable or connection as tasks would find it now. */
export interface ListedValue {
  readonly name: string;
  /** `plain` or `secret` of a variable, the type of a connection. */
  readonly kind: string;
  /** {@link STORED}, or where else it stands. */
  readonly from: string;
  /** Of one that is stored. */
  readonly changedAt: number | null;
  readonly changedBy: string | null;
}

/** @throws AppError `usage` for a name that is missing, or none. */
export function requireName(of: ValueOf, action: string, name: unknown): void {
  if (name === undefined) throw new AppError('usage', `'orch ${of} ${action}' needs the name of a ${of}.`);
  if (!new RegExp(VALUE_NAME).test(String(name)))
    throw new AppError('usage', `'${name}' is no name: a letter or _, then letters, digits and _.`);
}

/** The value of a name that is to be changed or read; the error says which name is most like it. */
export function requireListed(values: readonly ListedValue[], of: ValueOf, name: string): ListedValue {
  const found = values.find((one) => one.name === name);
  if (found !== undefined) return found;
  const similar = nearest(
    name,
    values.map((one) => one.name),
  );
  const hint = similar === null ? `See: orch ${of} list.` : `Did you mean '${similar}'?`;
  throw new AppError('not_found', `There is no ${of} '${name}'. ${hint}`);
}

/** The same of one that can be deleted. @throws AppError `conflict` for one that something else gives. */
export function requireStored(values: readonly ListedValue[], of: ValueOf, name: string): ListedValue {
  const found = requireListed(values, of, name);
  if (found.changedAt === null)
    throw new AppError('conflict', `${name} does not come from the store: see orch ${of} list.`);
  return found;
}

/** Prints names, kinds and where they come from: never a value. */
export function printValues(context: CommandContext, of: ValueOf, values: readonly ListedValue[]): void {
  if (context.flags.json) {
    const items = values.map(({ name, kind, from, changedAt, changedBy }) => ({
      name,
      ...(of === 'variable' ? { secret: kind === 'secret' } : { type: kind }),
      from,
      changedAt: instantText(changedAt),
      changedBy,
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
      text: ({ changedAt }: ListedValue) => (changedAt === null ? '' : dateText(changedAt)),
    },
    { title: 'by', text: ({ changedBy }: ListedValue) => changedBy ?? '', flex: true, paint: dim },
  ];
  context.print(tableLines(columns, values, tableWidth(context.host.stdout), dim).join('\n'));
}
