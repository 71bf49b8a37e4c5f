import { Composer, type CST, Lexer, Parser } from 'yaml';
import { checkYaml } from './load-yaml-check.ts';
import { YAML_OPTIONS } from './load-yaml-options.ts';

/** Tokens after which the finished tasks of a document become values, so that their nodes can be dropped. */
const TOKENS_MAX = 2_000;
/** Entries that stay with the parser: the one that it reads, and the one before, which may get comments. */
const ENTRIES_KEPT = 2;
/** Beginnings of anchors, aliases, tags, directives and errors. */
const UNUSUAL: ReadonlySet<string> = new Set(['&', '*', '!', '%', '\u0018']);

type Mapping = Record<string, unknown>;

interface PartLimits {
  readonly keysMax: number;
  readonly tokensMax?: number;
}

/**
 * The value of a document that has nothing special in it, in a fraction of the memory and time that its nodes
 * take together: the entries under `tasks` are read some at a time. `undefined` if the document has to be
 * read as a whole, be it for a mistake, for aliases or for its form; there is then nothing to tell from here.
 */
export function readInParts(text: string, limits: PartLimits): Mapping | undefined {
  const reader = new PartReader(limits.keysMax);
  const { parser } = reader;
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (UNUSUAL.has(lexeme.charAt(0))) return undefined;
    for (const token of parser.next(lexeme)) reader.take(token);
    if (++count < (limits.tokensMax ?? TOKENS_MAX)) continue;
    count = 0;
    reader.cut();
    if (reader.isUnusual) return undefined;
  }
  for (const token of parser.end()) reader.take(token);
  return reader.value();
}

class PartReader {
  readonly parser = new Parser();
  readonly #keysMax: number;
  readonly #tasks: Mapping = {};
  #keys = 0;
  #document: CST.Document | undefined;
  /** The document holds what only reading it as a whole can judge. */
  isUnusual = false;

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  /** Takes what the parser has finished outside of a document, and the document. */
  take(token: CST.Token): void {
    if (token.type === 'comment' || token.type === 'newline' || token.type === 'space') return;
    if (token.type === 'document' && this.#document === undefined) this.#document = token;
    else this.isUnusual = true;
  }

  /** Turns the entries under `tasks` that are finished into values. */
  cut(): void {
    const [document, root, tasks] = this.parser.stack;
    if (document?.type !== 'document' || root?.type !== 'block-map' || tasks?.type !== 'block-map') return;
    if (!isTasks(root.items.at(-1)) || tasks.items.length <= ENTRIES_KEPT) return;
    const items = tasks.items.splice(0, tasks.items.length - ENTRIES_KEPT);
    const { type, offset, indent } = tasks;
    const part = this.#compose({
      type: 'document',
      offset,
      start: [],
      value: { type, offset, indent, items },
    });
    this.#add(part);
  }

  /** The whole value, once the parser is at its end. */
  value(): Mapping | undefined {
    if (this.#document === undefined) return undefined;
    const author = this.#compose(this.#document);
    if (this.#keys > 0) {
      this.#add(author?.['tasks']);
      if (author !== undefined) author['tasks'] = this.#tasks;
    }
    return this.isUnusual ? undefined : author;
  }

  #compose(token: CST.Document): Mapping | undefined {
    if (this.isUnusual) return undefined;
    const [document] = new Composer(YAML_OPTIONS).compose([token]);
    if (document !== undefined && document.errors.length === 0 && document.warnings.length === 0) {
      const { mistakes } = checkYaml(document.contents, this.#keysMax);
      const value: unknown = mistakes.length === 0 ? document.toJS() : undefined;
      if (isMapping(value)) return value;
    }
    this.isUnusual = true;
    return undefined;
  }

  #add(part: unknown): void {
    if (!isMapping(part)) {
      this.isUnusual = true;
      return;
    }
    for (const key of Object.keys(part)) {
      if (key === '__proto__' || Object.hasOwn(this.#tasks, key) || ++this.#keys > this.#keysMax)
        this.isUnusual = true;
      else this.#tasks[key] = part[key];
    }
  }
}

/** Whether an entry of the document is `tasks:` with a mapping on lines of its own. */
function isTasks(item: CST.BlockMap['items'][number] | undefined): boolean {
  const { key, sep } = item ?? {};
  return (
    key?.type === 'scalar' && key.source === 'tasks' && sep?.some(({ type }) => type === 'newline') === true
  );
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
