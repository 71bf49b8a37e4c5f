import { existsSync } from 'node:fs';
import { loadOperator } from '../../operators/index.ts';
import { AppError, type Diagnostic } from '../model/errors.ts';
import type { Operator } from '../model/operator.ts';
import { absolutePath } from './project-path.ts';

/** An operator that a DAG uses, or why there is none. */
export type UsedOperator = { readonly operator: Operator } | { readonly problem: Pick<Diagnostic, 'rule' | 'message'> };

/** The file of the project that defines an operator; `null` if it is one of orch, or there is none. */
export function ownOperatorFile(projectDir: string, name: string): string | null {
  if (!/^[\w-]+$/.test(name)) return null;
  const files = ['.ts', '.js'].map((extension) => `operators/${name}${extension}`);
  return files.find((file) => existsSync(absolutePath(projectDir, file))) ?? null;
}

/** Loads an operator by name: the project's own, else one of orch. Runs its file. */
export async function usedOperator(projectDir: string, name: string): Promise<UsedOperator> {
  try {
    return { operator: await loadOperator(name, [projectDir]) };
  } catch (error) {
    const rule = error instanceof AppError && error.code === 'not_found' ? 'unknown-operator' : 'bad-operator';
    const message = error instanceof Error ? error.message : String(error);
    return { problem: { rule, message: message.charAt(0).toLowerCase() + message.slice(1) } };
  }
}
