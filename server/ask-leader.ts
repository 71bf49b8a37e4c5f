import { AppError } from '../core/model/errors.ts';
import type { Json } from '../core/model/json.ts';
import type { Request } from '../core/model/request.ts';
import type { Services } from './services.ts';

/**
 * Has the leader decide a request and gives what came of it.
 * @throws AppError with the refusal of the leader; `unavailable` if it does not answer in time.
 */
export async function askLeader(services: Services, request: Request): Promise<Json> {
  const answer = await services.ask(request);
  if (answer.ok) return answer.value;
  const { code, message, errors } = answer;
  return namedInside(new AppError(code, message, errors === undefined ? {} : { errors }));
}

/** Refuses a request. What it is about was found before: what is missing is named inside of it. */
export function namedInside(error: unknown): never {
  if (error instanceof AppError && error.code === 'not_found')
    throw new AppError('invalid', error.message, error.details);
  throw error;
}
