import { cron, dag, Type } from 'orch';

const names = { minItems: 1, uniqueItems: true };
const oneOf = (...choices: readonly string[]) => Type.Unsafe<string>({ type: 'string', enum: choices });

const params = Type.Object({
  symbols: Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
    ...names,
    description: 'One fan-out key each. Recorded are SP500, AAPL, MSFT, AMZN, IBM and GOOG.',
    default: ['SP500', 'AAPL', 'MSFT', 'AMZN', 'IBM', 'GOOG'],
  }),
  sourceTypes: Type.Array(oneOf('recorded', 'csv'), {
    ...names,
    description: 'Sources in the order of asking; the first that has a symbol gives all of its rows.',
    default: ['recorded'],
  }),
  daysBack: Type.Integer({
    description: 'Days to take, counted back from the newest row of the source; 0 takes all.',
    minimum: 0,
    default: 0,
  }),
  csvDir: Type.String({
    description: 'Folder of the source csv, with bars or trades in <symbol>.csv or in a folder <symbol>.',
    minLength: 1,
    default: 'data/csv',
  }),
  dataDir: Type.String({
    description: 'Folder of the Parquet files; not that of the pipeline, which reads what it wrote itself.',
    minLength: 1,
    default: 'data/collected',
  }),
});

export default dag(
  {
    id: 'data_collection',
    title: 'Data collection',
    description:
      'Every hour the prices of each symbol, cleaned and kept as Parquet in a folder of their own.',
    tags: ['market'],
    schedule: cron('@hourly'),
    maxActiveRuns: 1,
    overlap: 'skip',
    params,
  },
  (d) => {
    d.forEach('symbol', { over: d.params.symbols, maxParallel: 2 }, (g) => {
      const raw = g.task('collect', { uses: './pipeline/collect.ts#collectPrices', stage: 'collect' });
      const cleaned = g.task('clean', { uses: './pipeline/clean.ts#clean', stage: 'clean', needs: { raw } });
      return g.task('store', { uses: './pipeline/store.ts#store', stage: 'store', needs: { cleaned } });
    });
  },
);
