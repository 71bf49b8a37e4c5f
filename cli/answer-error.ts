import type { Answer } from '../core/model/action.ts';
import { AppError } from '../core/model/errors.ts';
import type { Json } from '../core/model/json.ts';

/** What a request gave; its refusal as an error. */
export function valueOfAnswer(answer: Answer): Json {
  if (answer.ok) return answer.value;
  throw new AppError(answer.code, answer.message);
}
