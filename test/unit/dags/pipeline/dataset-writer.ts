/**
 * A process that publishes two versions of a dataset in turn, for ever, and says a line before every step.
 * Its killer chooses the line.
 */
import { writeFile } from 'node:fs/promises';
import { publishDataset } from '../../../../dags/pipeline/dataset.ts';

const [dataDir = '', writer = ''] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const file = (folder: string, text: string) => ({
  folder,
  contentHash: `${text}-${folder.replace('=', '')}`,
  rows: 1,
  write: async (path: string) => {
    say(`writing ${text}`);
    await writeFile(path, `${text} ${folder}`.repeat(10_000));
  },
});

for (;;) {
  for (const text of ['old', 'new']) {
    await publishDataset({ dataDir, area: 'store', symbol: 'X', writer }, [
      file('year=2020', 'same'),
      file('year=2021', text),
      file('year=2022', text),
    ]);
    say(`published ${text}`);
  }
}
