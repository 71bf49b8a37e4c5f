import { expect, test } from 'vitest';
import { compileDag } from '../../../core/authoring/compile.ts';
import { loadYaml } from '../../../core/authoring/load-yaml.ts';

const text = `id: prices
schedule: { cron: "* * 31 2 *" }
params:
  fast: { type: integer, default: twelve }
tasks:
  fetch: { run: "curl \${{ params.url }}", retrys: 3, timeout: 5 minutes }
  regime:
    choose:
      - { when: "params.fsat > 1", value: up }
      - { otherwise: down }
  symbol:
    forEach:
      over: \${{ params.symbols }}
      tasks:
        collect: { run: "true", when: "regime == 'upp'" }
  report:
    uses: ./report.ts#make
    needs: { rows: symbol.colect }
    after:
      - report
`;

test('every mistake of a file at once, in its order, each with line, column and the line itself', () => {
  const [document] = loadYaml(text, 'dags/prices.yaml').documents;
  if (document === undefined) throw new Error('no document');
  const { spec, diagnostics } = compileDag(document.author, { locate: document.locate });
  expect(spec).toBeNull();
  const lines = text.split('\n');
  for (const { line = 0, source, file } of diagnostics) {
    expect([file, source]).toEqual(['dags/prices.yaml', lines[line - 1]]);
  }
  const shown = diagnostics.map(
    ({ line = 0, column = 0, rule, source = '' }) => `${line} ${rule} ${source.slice(column - 1)}`,
  );
  expect(shown).toEqual([
    '2 bad-cron "* * 31 2 *" }',
    '4 bad-default twelve }',
    '6 template-in-run "curl ${{ params.url }}", retrys: 3, timeout: 5 minutes }',
    '6 unknown-key retrys: 3, timeout: 5 minutes }',
    '6 bad-duration 5 minutes }',
    '9 unknown-param "params.fsat > 1", value: up }',
    '13 unknown-param ${{ params.symbols }}',
    `15 unknown-choice "regime == 'upp'" }`,
    '16 cycle report:',
    '18 unknown-task symbol.colect }',
  ]);
});
