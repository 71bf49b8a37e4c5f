import { OPERATIONS, type Operations, type Problem } from './generated/api.ts';
import { BadAnswer, readAnswer } from './read-answer.ts';

/** Where a server is, and as whom it is asked. */
export interface ApiOptions {
  /** What comes before `/api/v1`: `https://orch.example.org`, or with a path where a proxy adds one. */
  readonly baseUrl: string;
  /** The secret of a token; absent: nobody that is known. */
  readonly token?: string;
  /** Makes the requests; `fetch` by default. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Looks at every answer before it is given; it throws what is thrown in the place of a bad one. */
  readonly check?: (id: Id, answer: unknown) => Promise<void>;
  /** Other bounds than {@link LIMITS}. */
  readonly limits?: Partial<typeof LIMITS>;
  /** Gives for each answer what aborts when it takes too long to its end. */
  readonly late?: () => AbortSignal;
}

/** Bounds of what is read, so that a server that is broken or means ill fills no memory. */
const LIMITS = {
  /** Bytes of one answer. */
  bytesMax: 256 * 1024 * 1024,
  /** Bytes of the pages of a list together. */
  listBytesMax: 1024 * 1024 * 1024,
  /** Five million items; pages may be empty while there is a cursor. */
  pagesMax: 10_000,
};

type Id = keyof Operations;

/** What an operation is called with. */
export type InputOf<I extends Id> = Operations[I]['input'];

/** What an operation answers. */
export type AnswerOf<I extends Id> = Operations[I]['answer'];

/** The refusal of a server. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** Asks a server by the operations of its OpenAPI document. */
export class ApiClient {
  readonly #options: ApiOptions;
  readonly #limits: typeof LIMITS;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
  }

  /**
   * Has an operation done, and gives its answer.
   * @throws ApiRefusal if the server refuses; BadAnswer, or SyntaxError, if what it answers cannot be that;
   *   what `fetch` throws if it cannot be reached.
   */
  async call<I extends Id>(id: I, input: InputOf<I>, signal?: AbortSignal): Promise<AnswerOf<I>> {
    return (await this.#read(id, input, this.#limits.bytesMax, signal)).answer;
  }

  async #read<I extends Id>(
    id: I,
    input: InputOf<I>,
    bytesMax: number,
    signal?: AbortSignal,
  ): Promise<{ readonly answer: AnswerOf<I>; readonly bytes: number }> {
    const response = await this.open(id, input, signal);
    const isJson = /[/+]json(;|$)/.test(response.headers.get('content-type') ?? '');
    const { text, bytes } = await readAnswer(response, { bytesMax, late: this.#options.late?.() });
    const read: unknown = response.status === 204 ? undefined : isJson ? JSON.parse(text) : text;
    await this.#options.check?.(id, read);
    return { answer: read as AnswerOf<I>, bytes };
  }

  /** The same with the response before its body is read: for streams and files. */
  async open<I extends Id>(id: I, input: InputOf<I>, signal?: AbortSignal): Promise<Response> {
    const { baseUrl, token, fetch: ask = fetch } = this.#options;
    const [method, path] = OPERATIONS[id];
    const { params = {}, query = {}, body } = input as Loose;
    const headers: Record<string, string> = {};
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await ask(`${baseUrl}${filled(path, params)}${searchOf(query)}`, {
      method,
      headers,
      // A token goes to the server that it is for, and to none that this one names.
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw new ApiRefusal(await problemOf(response, this.#options.late?.()));
    return response;
  }

  /**
   * All items of a list, page after page; `most` ends it early.
   * @throws BadAnswer if the list has no end.
   */
  async *items<I extends ListId>(
    id: I,
    input: InputOf<I>,
    most = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<ItemOf<I>> {
    const limit = Math.min(PAGE, most);
    const cursors = new Set<string>();
    const { bytesMax, listBytesMax, pagesMax } = this.#limits;
    let bytesLeft = listBytesMax;
    let given = 0;
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const { query, ...rest } = input as Loose;
      const asked = { ...rest, query: { limit, ...query, cursor } } as unknown as InputOf<I>;
      const { answer, bytes } = await this.#read(id, asked, Math.min(bytesMax, bytesLeft));
      bytesLeft -= bytes;
      const page = answer as Partial<Page<ItemOf<I>>> | undefined;
      if (!Array.isArray(page?.items)) throw new BadAnswer('it is no page of a list');
      for (const item of page.items as ItemOf<I>[]) {
        yield item;
        if (++given >= most) return;
      }
      cursor = page.nextCursor ?? null;
      if (cursor === null) return;
      if (cursors.has(cursor)) throw new BadAnswer('its list has no end: it gave the same nextCursor again');
      cursors.add(cursor);
      if (cursors.size >= pagesMax) throw new BadAnswer(`its list has more than ${pagesMax} pages`);
    }
  }
}

const PAGE = 500;
const REFUSAL_BYTES_MAX = 1024 * 1024;

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** Operations that answer with pages and take a cursor. */
type ListId = {
  [I in Id]: 'cursor' extends keyof NonNullable<Operations[I]['input']['query']> ? I : never;
}[Id];

type ItemOf<I extends Id> = Operations[I]['answer'] extends Page<infer Item> ? Item : never;

interface Loose {
  readonly params?: { readonly [name: string]: string | number };
  readonly query?: { readonly [name: string]: unknown };
  readonly body?: unknown;
}

function filled(path: string, params: { readonly [name: string]: string | number }): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

/** A query as text: lists name their parameter again and again, `undefined` leaves it out. */
function searchOf(query: { readonly [name: string]: unknown }): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) search.append(name, String(one));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

/** What an answer refuses with; of one that is not from orch, such as a proxy's, what its status says. */
async function problemOf(response: Response, late: AbortSignal | undefined): Promise<Problem> {
  const { status } = response;
  try {
    const { text } = await readAnswer(response, { bytesMax: REFUSAL_BYTES_MAX, late });
    const problem = JSON.parse(text) as Problem;
    if (typeof problem.type === 'string' && typeof problem.detail === 'string') return problem;
  } catch {
    // No JSON, or no end: the same as JSON of something else.
  }
  const detail = `what answers at this address is no orch server: status ${status}`;
  return { type: 'about:blank', title: 'Not an answer of orch', status, detail };
}
