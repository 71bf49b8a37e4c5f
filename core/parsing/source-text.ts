import { readFileSync } from 'node:fs';
import type { Place } from '../authoring/place.ts';
import { absolutePath, pathOfModule, projectPath } from './project-path.ts';

const SOURCE_LENGTH_MAX = 200;

/** Reads places of code in the project, each file once. */
export class SourceTexts {
  readonly #projectDir: string;
  readonly #lines = new Map<string, readonly string[]>();

  constructor(projectDir: string) {
    this.#projectDir = projectDir;
  }

  /** A place by module and position; `null` if the module is not a file of the project. */
  placeIn(module: string, line: number, column: number): Place | null {
    const file = projectPath(this.#projectDir, pathOfModule(module));
    return file === null ? null : this.placeAt(file, line, column);
  }

  /** A place by project path and position. */
  placeAt(file: string, line: number, column: number): Place {
    const source = this.#linesOf(file)[line - 1];
    return {
      file,
      line,
      column,
      ...(source === undefined ? {} : { source: source.slice(0, SOURCE_LENGTH_MAX) }),
    };
  }

  #linesOf(file: string): readonly string[] {
    let lines = this.#lines.get(file);
    if (lines === undefined) {
      lines = readLines(absolutePath(this.#projectDir, file));
      this.#lines.set(file, lines);
    }
    return lines;
  }
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split(/\r\n|\n/);
  } catch {
    return [];
  }
}
