import { AppError } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { cutTo, padTo } from '../render/text-width.ts';
import { wrapped } from '../render/wrap.ts';
import { findKey, type KeyDoc, topKeys } from '../schema-docs.ts';

/** `orch schema [path]`: what a key of a DAG file or of the config means. */
export const schema = defineCommand({
  description: "Paths of DAG files begin with a key such as 'tasks', those of airflow.yaml with 'config'.",
  examples: [
    { command: 'orch schema', what: 'the keys of a DAG' },
    { command: 'orch schema tasks.retries', what: 'one key' },
    { command: 'orch schema tasks.forEach', what: 'a fan-out' },
    { command: 'orch schema config.pools', what: 'a section of airflow.yaml' },
  ],
  define: (command) => {
    command.argument('[path]', 'keys joined by dots');
  },
  run: async (context, _options, [path]) => {
    const found = path === undefined ? topKeys() : findKey(String(path).split('.'));
    if (!found.ok) throw new AppError('not_found', found.message);
    if (context.flags.json) context.json(found.raw);
    else context.print(docLines(context, found.doc).join('\n'));
    return EXIT.ok;
  },
});

function docLines({ style, host }: CommandContext, doc: KeyDoc): string[] {
  const facts = [
    doc.type === '' ? '' : `type: ${doc.type}`,
    doc.values.length > 0 ? `one of: ${doc.values.join(', ')}` : '',
    doc.default === undefined ? '' : `default: ${doc.default}`,
    ...doc.examples.map((example) => `example: ${example}`),
  ];
  const widest = Math.min(24, Math.max(0, ...doc.children.map(({ name }) => name.length)));
  const children = doc.children.map(
    ({ name, about }) =>
      `  ${padTo(name, widest)}  ${style.dim(cutTo(about, host.stdout.columns - widest - 5))}`,
  );
  return [
    style.bold(doc.name),
    ...(doc.about === '' ? [] : wrapped(doc.about, Math.min(host.stdout.columns, 100))),
    ...facts.filter((fact) => fact !== '').map((fact) => `  ${fact}`),
    ...(children.length > 0 ? ['', ...children] : []),
  ];
}
