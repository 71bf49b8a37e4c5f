import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { type DatasetPart, datasetFiles, publishDataset } from '../../../../dags/pipeline/dataset.ts';
import { loadParquet, readRows, withDuckDb, writeParquet } from '../../../../dags/pipeline/duckdb.ts';
import { QUICK_IMPORTS } from '../../../quick-imports.ts';
import { workspace } from './fake-context.ts';
import { runToStore } from './run-stages.ts';

const part = (folder: string, contentHash: string): DatasetPart => ({
  folder,
  contentHash,
  rows: 1,
  write: (path) => writeFile(path, contentHash),
});

async function tree(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}

test('the files are those of the last publication; unchanged ones are not written again', async () => {
  await using space = workspace();
  const place = { dataDir: space.dir, area: 'store', symbol: 'X', writer: 'a' };
  const first = await publishDataset(place, [part('year=2020', 'aa'), part('year=2021', 'bb')]);
  const kept = await stat(join(space.dir, 'store/symbol=X/year=2020/aa.parquet'));
  const second = await publishDataset(place, [part('year=2020', 'aa'), part('year=2022', 'cc')]);
  expect([first.written, second.written]).toEqual([2, 1]);
  expect(await tree(join(space.dir, 'store'))).toEqual([
    'symbol=X/manifest.json',
    'symbol=X/year=2020/aa.parquet',
    'symbol=X/year=2022/cc.parquet',
  ]);
  expect((await stat(join(space.dir, 'store/symbol=X/year=2020/aa.parquet'))).ino).toBe(kept.ino);
  await expect(datasetFiles(space.dir, first.ref)).rejects.toThrow(
    /store data of X has been replaced by another run/,
  );
});

test('a writer that fails leaves what was there', async () => {
  await using space = workspace();
  const place = { dataDir: space.dir, area: 'store', symbol: 'X', writer: 'a' };
  const { ref } = await publishDataset(place, [part('', 'aa')]);
  const broken = { ...part('', 'bb'), write: async () => Promise.reject(new Error('disk full')) };
  await expect(publishDataset(place, [part('', 'cc'), broken])).rejects.toThrow('disk full');
  expect((await datasetFiles(space.dir, ref)).map((file) => file.path)).toEqual(['aa.parquet']);
  await publishDataset(place, [part('', 'aa')]);
  expect(await tree(join(space.dir, 'store'))).toEqual(['symbol=X/aa.parquet', 'symbol=X/manifest.json']);
});

test('a folder that belongs to another symbol is not overwritten', async () => {
  await using space = workspace();
  const place = { dataDir: space.dir, area: 'store', symbol: 'X', writer: 'a' };
  await publishDataset(place, [part('', 'aa')]);
  const manifest = join(space.dir, 'store/symbol=X/manifest.json');
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('"symbol": "X"', '"symbol": "x"'));
  await expect(publishDataset(place, [part('', 'bb')])).rejects.toThrow(/holds x/);
});

test('kill -9 at any line leaves the old files or the new ones, and the next run cleans up', async () => {
  await using space = workspace();
  const seen = new Set<string>();
  for (let line = 8; line <= 30; line++) {
    const writer = [join(import.meta.dirname, './dataset-writer.ts'), space.dir, `w${line}`];
    const child = spawn(process.execPath, ['--conditions=orch-source', ...QUICK_IMPORTS, ...writer], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let lines = 0;
    for await (const _ of createInterface({ input: child.stdout }))
      if (++lines === line) child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    const home = join(space.dir, 'store/symbol=X');
    const manifest = JSON.parse(await readFile(join(home, 'manifest.json'), 'utf8'));
    const texts = await Promise.all(
      manifest.files.map(async (file: { path: string; bytes: number }) => {
        const text = await readFile(join(home, file.path), 'utf8');
        expect(text.length).toBe(file.bytes);
        return text.slice(0, 4).trim();
      }),
    );
    expect([
      ['same', 'old', 'old'],
      ['same', 'new', 'new'],
    ]).toContainEqual(texts);
    seen.add(texts[1]);
  }
  expect([...seen].sort()).toEqual(['new', 'old']);
  await publishDataset({ dataDir: space.dir, area: 'store', symbol: 'X', writer: 'z' }, [part('', 'aa')]);
  expect(await tree(join(space.dir, 'store'))).toEqual(['symbol=X/aa.parquet', 'symbol=X/manifest.json']);
}, 60_000);

test('store: years are Hive partitions for any reader, and a second run writes none', async () => {
  await using space = workspace();
  const first = await runToStore(space.dir, 'AAPL');
  const files = await tree(join(space.dir, 'data/store'));
  expect(first.stored).toMatchObject({ partitions: 6, written: 6, rows: 1260 });
  const second = await runToStore(space.dir, 'AAPL');
  expect(second.stored).toMatchObject({ partitions: 6, written: 0, data: first.stored.data });
  expect(await tree(join(space.dir, 'data/store'))).toEqual(files);
  await withDuckDb(async (db) => {
    const glob = join(space.dir, 'data/store/*/kind=bars/*/*.parquet');
    const rows = await readRows(
      db,
      `SELECT symbol, min(year)::DOUBLE, max(year)::DOUBLE, count(*)::DOUBLE,
         count(DISTINCT timestamp_ms)::DOUBLE
       FROM read_parquet('${glob}', hive_partitioning = true) GROUP BY symbol`,
    );
    expect(rows).toEqual([['AAPL', 2013, 2018, 1260, 1260]]);
  });
});

test('store: with fewer days only the partition at the edge is written', async () => {
  await using space = workspace();
  await runToStore(space.dir, 'AAPL');
  const shorter = await runToStore(space.dir, 'AAPL', { daysBack: 400 });
  expect(shorter.stored).toMatchObject({ partitions: 2, rows: 276 });
  expect(shorter.stored.written).toBe(1);
  const years = (await tree(join(space.dir, 'data/store'))).filter((path) => path.endsWith('.parquet'));
  expect(years.map((path) => path.split('/')[2])).toEqual(['year=2017', 'year=2018']);
});

test('the same input gives the same bytes in another folder', async () => {
  await using one = workspace();
  await using two = workspace();
  await runToStore(one.dir, 'MSFT');
  await runToStore(two.dir, 'MSFT');
  const files = await tree(join(one.dir, 'data'));
  expect(await tree(join(two.dir, 'data'))).toEqual(files);
  for (const file of files) {
    const [a, b] = await Promise.all([one, two].map((space) => readFile(join(space.dir, 'data', file))));
    expect(a?.equals(b as Buffer), file).toBe(true);
  }
});

test.each(['BTC/USD', "o'hara; DROP", 'a*b[c]?', 'x'.repeat(256), '..', 'ünïcode ☃'])(
  'a symbol such as %s stays inside its folder, in folders with odd names too',
  async (symbol) => {
    await using space = workspace();
    const dataDir = join(space.dir, "o'dd [1] *?");
    const { ref } = await publishDataset({ dataDir, area: 'store', symbol, writer: '1.2/3' }, [
      {
        ...part('year=2020', 'aa'),
        write: (path) => withDuckDb((db) => writeParquet(db, 'SELECT 42 AS answer', path)),
      },
    ]);
    const [file] = await datasetFiles(dataDir, ref);
    expect((await readdir(space.dir)).length).toBe(1);
    await withDuckDb(async (db) => {
      await loadParquet(db, 't', [file?.full ?? '']);
      expect(await readRows(db, 'SELECT answer FROM t')).toEqual([[42]]);
    });
  },
);
