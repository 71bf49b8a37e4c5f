import { readFileSync } from 'node:fs';
import { packagePath } from '../../core/config/installation.ts';
import { type AnswerMistakes, type AnswerSchema, answerMistakes } from './answer-mistakes.ts';

interface Document {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly schemas: { readonly [name: string]: AnswerSchema } };
}

interface Operation {
  readonly operationId: string;
  readonly responses: {
    readonly [status: string]: { readonly content?: { readonly [type: string]: Content } };
  };
}

interface Content {
  readonly schema: AnswerSchema;
}

let read: { readonly answers: ReadonlyMap<string, AnswerSchema>; readonly document: Document } | undefined;

/** What is wrong with the answer to an operation by the OpenAPI document of this orch. */
export function mistakesOf(operationId: string, answer: unknown): AnswerMistakes {
  read ??= readDocument();
  const schema = read.answers.get(operationId);
  if (schema === undefined) return { wrong: null, missing: null };
  return answerMistakes(schema, answer, read.document.components.schemas);
}

/** The schemas of what is answered as JSON, by operation. */
function readDocument(): { answers: ReadonlyMap<string, AnswerSchema>; document: Document } {
  const document = JSON.parse(readFileSync(packagePath('openapi.json'), 'utf8')) as Document;
  const answers = new Map<string, AnswerSchema>();
  for (const methods of Object.values(document.paths))
    for (const { operationId, responses } of Object.values(methods))
      for (const [status, { content }] of Object.entries(responses)) {
        const json = content?.['application/json'];
        if (status !== 'default' && json !== undefined) answers.set(operationId, json.schema);
      }
  return { answers, document };
}
