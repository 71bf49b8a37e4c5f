import { dag, Type } from 'orch';

const params = Type.Object({
  symbol: Type.String({
    description: 'Its bars or trades are in <symbol>.csv or in a folder <symbol>.',
    minLength: 1,
    maxLength: 256,
  }),
  csvDir: Type.String({ description: 'Folder of the CSV files.', minLength: 1, default: 'data/csv' }),
  dataDir: Type.String({
    description: 'Folder of the Parquet files.',
    minLength: 1,
    default: 'data/imported',
  }),
});

export default dag(
  {
    id: 'data_import',
    title: 'Data import',
    description: 'Takes the CSV files of a symbol, cleans them, and keeps them as partitioned Parquet.',
    tags: ['market'],
    params,
    taskType: true,
  },
  (d) => {
    d.task('import', { uses: './data_import/import.ts#importCsv', timeout: '30m', memory: 2048 });
  },
);
