import type { Expression } from '../../expression/expression.ts';
import { parseExpression } from '../../expression/parse.ts';
import { isTemplate, parseTemplate } from '../../expression/template.ts';
import type { Json } from '../../model/json.ts';
import type { Names, Reader } from './names.ts';
import type { Problems } from './problems.ts';

/** Turns the expressions and templates of an author into canonical ones. */
export class Texts {
  readonly #names: Names;
  readonly #problems: Problems;

  constructor(names: Names, problems: Problems) {
    this.#names = names;
    this.#problems = problems;
  }

  /** A bare expression; `null` if it is wrong, which is then reported. */
  expression(text: string, reader: Reader): Expression | null {
    if (isTemplate(text)) {
      const inner = /^\s*\$\{\{(.*)\}\}\s*$/s.exec(text)?.[1]?.trim();
      const hint = inner === undefined ? undefined : `write it without: ${inner}`;
      this.#problems.error(
        'template-in-expression',
        `${reader.name} takes a bare expression, without \${{ }}`,
        reader.at,
        { hint },
      );
      return null;
    }
    const parsed = parseExpression(text);
    if (parsed.ok) return this.#names.expression(parsed.expression, reader);
    this.#syntax(text, parsed.error, reader);
    return null;
  }

  /** A text that is nothing but `${{ expression }}`. */
  wrapped(text: string, reader: Reader): Expression | null {
    const parsed = parseTemplate(text.trim());
    if (!parsed.ok) {
      this.#syntax(text, parsed.error, reader);
      return null;
    }
    const [only] = parsed.template.parts;
    if (parsed.template.parts.length === 1 && typeof only === 'object')
      return this.#names.expression(only, reader);
    const hint = isTemplate(text) ? undefined : `write \${{ ${text.trim()} }}`;
    this.#problems.error('not-an-expression', `${reader.name} must be one expression in \${{ }}`, reader.at, {
      hint,
    });
    return null;
  }

  /** A text that may hold `${{ }}`; as it is if it is wrong. */
  template(text: string, reader: Reader): string {
    if (!isTemplate(text)) return text;
    const parsed = parseTemplate(text);
    if (parsed.ok) return this.#names.template(parsed.template, reader).text;
    this.#syntax(text, parsed.error, reader);
    return text;
  }

  /** A JSON value whose texts may hold `${{ }}`. */
  json(value: Json, reader: Reader): Json {
    if (typeof value === 'string') return this.template(value, reader);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      return value.map((item: Json, index) => this.json(item, { ...reader, at: [...reader.at, index] }));
    }
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(
      entries.map(([key, item]) => [key, this.json(item as Json, { ...reader, at: [...reader.at, key] })]),
    );
  }

  #syntax(text: string, error: { message: string; offset: number }, reader: Reader): void {
    const around = text.slice(Math.max(0, error.offset - 20), error.offset + 20).trim();
    const near = around === '' || around === text.trim() ? '' : ` near ${JSON.stringify(around)}`;
    const message = `${reader.name} cannot be read: ${error.message} (character ${error.offset + 1}${near})`;
    this.#problems.error('bad-expression', message, reader.at);
  }
}
