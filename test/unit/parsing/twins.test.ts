import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../core/authoring/canonical.ts';
import { parseFile } from '../../../core/parsing/parse-file.ts';
import { linesOf } from './temp-project.ts';

const projectDir = join(import.meta.dirname, 'fixtures');

describe('twins', () => {
  it('in YAML and TypeScript give equal bytes, whatever features they use', async () => {
    const [yaml, twin] = await Promise.all([
      parseFile({ projectDir, file: 'dags/twin.yaml' }),
      parseFile({ projectDir, file: 'twins/twin.ts', codeDir: 'dags' }),
    ]);
    expect([...linesOf(yaml), ...linesOf(twin)]).toEqual([]);
    expect(twin.dags[0]?.spec).toEqual(yaml.dags[0]?.spec);
    expect(canonicalJson(twin.dags[0]?.spec)).toBe(canonicalJson(yaml.dags[0]?.spec));
    expect(twin.dags[0]?.graphHash).toBe(yaml.dags[0]?.graphHash);
    expect(yaml.dags[0]?.spec.tasks).toHaveLength(20);
    expect(canonicalJson(yaml.dags[0]?.spec)).not.toContain('fixtures');
  });
});
