import { setTimeout as pause } from 'node:timers/promises';
import type { AnswerOf, InputOf } from '../../client/api-client.ts';
import { ApiClient, ApiRefusal } from '../../client/api-client.ts';
import type { Operations } from '../../client/generated/api.ts';
import { BadAnswer } from '../../client/read-answer.ts';
import { orchVersion } from '../../core/config/installation.ts';
import { CronMistake } from '../../core/cron/cron-field.ts';
import { AppError, type ErrorCode } from '../../core/model/errors.ts';
import type { Json } from '../../core/model/json.ts';
import { mistakesOf } from './answer-check.ts';
import {
  type AskOptions,
  askServer,
  notOrch,
  unreadable,
  versionThere,
  whyUnreachable,
} from './ask-server.ts';
import { requireSafe, type ServerContext } from './contexts.ts';

type Id = keyof Operations;

/** A command over many runs asks more than a server takes at once: so often it waits for so long. */
const BUSY_TRIES = 5;
const BUSY_MS = 1_000;
/** A long answer over a slow line takes minutes. */
const WHOLE_MS = 300_000;

function isTooMany(error: unknown): boolean {
  return error instanceof ApiRefusal && error.problem.type.endsWith(':too_many');
}

/** A server as commands ask it: what it refuses, and that it is away, are errors for the user. */
export class Server {
  readonly url: string;
  readonly #client: ApiClient;
  readonly #ask: NonNullable<AskOptions['fetch']>;
  #version: Promise<string | null> | undefined;

  /** @throws AppError `usage` if the token would be readable on the way. */
  constructor(at: ServerContext, asking: AskOptions = {}) {
    requireSafe(at);
    this.url = at.url;
    this.#ask = asking.fetch ?? fetch;
    this.#client = new ApiClient({
      baseUrl: at.url,
      fetch: askServer(at.url, asking),
      check: (id, answer) => this.#check(id, answer),
      late: () => AbortSignal.timeout(WHOLE_MS),
      ...(at.token === undefined ? {} : { token: at.token }),
    });
  }

  /** Has an operation done. */
  async call<I extends Id>(id: I, input: InputOf<I>, signal?: AbortSignal): Promise<AnswerOf<I>> {
    for (let triesLeft = BUSY_TRIES; ; triesLeft--) {
      try {
        return await this.#client.call(id, input, signal);
      } catch (error) {
        if (triesLeft === 0 || !isTooMany(error)) throw this.#told(error);
        await pause(BUSY_MS, undefined, { ...(signal === undefined ? {} : { signal }) });
      }
    }
  }

  /** Opens a stream. */
  async open<I extends Id>(id: I, input: InputOf<I>, signal?: AbortSignal): Promise<Response> {
    try {
      return await this.#client.open(id, input, signal);
    } catch (error) {
      throw this.#told(error);
    }
  }

  /** The items of a list, at most so many. */
  async items<I extends Parameters<ApiClient['items']>[0]>(
    id: I,
    input: InputOf<I>,
    most?: number,
  ): Promise<ItemsOf<I>> {
    const found: unknown[] = [];
    try {
      for await (const item of this.#client.items(id, input, most)) found.push(item);
    } catch (error) {
      throw this.#told(error);
    }
    return found as unknown as ItemsOf<I>;
  }

  /**
   * What a command that tells answers of this server failed with, as an error for the user. Parts of answers
   * have no schema (the graph of a DAG, facts of a reason): what cannot be told of them is found by telling.
   */
  untold(error: unknown): AppError {
    if (error instanceof AppError) return error;
    const message = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    const why = error instanceof CronMistake ? `in a cron expression of it, ${message}` : message;
    const what = `What the server ${this.url} answered cannot be told: ${why}`;
    return new AppError(
      'unavailable',
      `${what}. If it is an orch ${orchVersion()}, this is a defect of orch, and -v shows where`,
      {},
      error,
    );
  }

  /** Compares an answer with its schema; a server of another version may leave out what it does not have. */
  async #check(id: Id, answer: unknown): Promise<void> {
    const { wrong, missing } = mistakesOf(id, answer);
    const mistake = wrong ?? missing;
    if (mistake === null) return;
    this.#version ??= versionThere(this.url, this.#ask);
    const there = await this.#version;
    const isOther = there !== null && there !== orchVersion();
    if (wrong === null && isOther) return;
    const versions = isOther ? `; it has orch ${there}, this is orch ${orchVersion()}` : '';
    throw unreadable(this.url, id, `${mistake}${versions}`);
  }

  #told(error: unknown): unknown {
    if (error instanceof ApiRefusal) return refusal(error);
    if (error instanceof BadAnswer) return unreadable(this.url, null, error.message, error);
    // A body that is cut off, or is no JSON.
    if (error instanceof SyntaxError) return notOrch(this.url, 'its answer is no JSON');
    return error instanceof TypeError && error.cause !== undefined ? whyUnreachable(this.url, error) : error;
  }
}

type ItemsOf<I extends Id> = AnswerOf<I> extends { readonly items: infer Items } ? Items : never;

const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  ...(['usage', 'invalid', 'unauthenticated', 'forbidden'] as const),
  ...(['not_found', 'conflict', 'unavailable', 'internal'] as const),
]);
/** Refusals that no command of this machine has, by what they come to. */
const OTHER: { readonly [code: string]: ErrorCode } = {
  under_way: 'conflict',
  key_used: 'conflict',
  too_large: 'usage',
  media_type: 'usage',
  method: 'usage',
  too_many: 'unavailable',
};

/** The refusal of a server as an error; `--json` shows the problem itself. */
function refusal({ problem }: ApiRefusal): AppError {
  const code = problem.type.slice(problem.type.lastIndexOf(':') + 1);
  const known = CODES.has(code) ? (code as ErrorCode) : (OTHER[code] ?? 'unavailable');
  const hint = code === 'unauthenticated' ? '. A token is kept by: orch context add <name> <address>' : '';
  const id = known === 'internal' && problem.instance !== undefined ? ` (request ${problem.instance})` : '';
  return new AppError(known, `${problem.detail}${hint}${id}`, { problem: problem as unknown as Json });
}
