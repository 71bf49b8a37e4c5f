import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ParseFileOptions, parseFile } from '../../../core/parsing/parse-file.ts';
import type { ParsedFile } from '../../../core/parsing/parsed-file.ts';

/** A project in a folder of its own, removed at the end of its scope. */
export class TempProject implements AsyncDisposable {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async with(files: Record<string, string>): Promise<TempProject> {
    const project = new TempProject(await realpath(await mkdtemp(join(tmpdir(), 'orch-project-'))));
    await project.write(files);
    return project;
  }

  async write(files: Record<string, string>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.dir, path)), { recursive: true });
      await writeFile(join(this.dir, path), text);
    }
  }

  parse(file: string, options: Partial<ParseFileOptions> = {}): Promise<ParsedFile> {
    return parseFile({ projectDir: this.dir, file, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** The diagnostics of a file as the command line prints them. */
export function linesOf(parsed: ParsedFile): string[] {
  return parsed.diagnostics.map(({ file, line, column, message, hint }) => {
    const place = [file, line, column].filter((part) => part !== undefined).join(':');
    return `${place} ${message}${hint === undefined ? '' : ` (${hint})`}`;
  });
}
