import { cron, dag, Type } from 'orch';

const shares = { minimum: 0, maximum: 5000 };
const names = { minItems: 1, uniqueItems: true };
const folder = (description: string, path: string) =>
  Type.String({ description, minLength: 1, default: path });
/** Choices as `enum`, which is what an author writes in YAML. */
const oneOf = (...choices: readonly string[]) => Type.Unsafe<string>({ type: 'string', enum: choices });

const params = Type.Object({
  symbols: Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
    ...names,
    description: 'One fan-out key each. Recorded are SP500, AAPL, MSFT, AMZN, IBM and GOOG.',
    default: ['SP500', 'AAPL', 'MSFT'],
  }),
  sourceTypes: Type.Array(oneOf('recorded', 'csv'), {
    ...names,
    description: 'Sources in the order of asking; the first that has a symbol gives all of its rows.',
    default: ['recorded'],
  }),
  intervals: Type.Array(oneOf('1m', '5m', '15m', '1h', '4h', '1d', '1w', '1mo'), {
    ...names,
    description:
      "Candles to make. One finer than a symbol's data is left out for it; the finest is backtested.",
    default: ['1d', '1w', '1mo'],
  }),
  daysBack: Type.Integer({
    description: 'Days to take, counted back from the newest row of the source; 0 takes all.',
    minimum: 0,
    default: 0,
  }),
  csvDir: folder(
    'Folder of the source csv, with bars or trades in <symbol>.csv or in a folder <symbol>.',
    'data/csv',
  ),
  dataDir: folder('Folder of the Parquet files.', 'data/market'),
  reportDir: folder('Folder of the HTML reports.', 'reports'),
  fast: Type.Integer({
    description: 'Candles in the fast average; fewer than in the slow one.',
    minimum: 1,
    maximum: 5000,
    default: 20,
  }),
  slow: Type.Integer({ description: 'Candles in the slow average.', minimum: 2, maximum: 5000, default: 50 }),
  feeBps: Type.Number({
    ...shares,
    description: 'Fee of an order in basis points of its value.',
    default: 10,
  }),
  slippageBps: Type.Number({
    ...shares,
    description: 'How much worse than the open an order fills, in basis points.',
    default: 5,
  }),
  capital: Type.Number({ description: 'What the backtest starts with.', minimum: 1, default: 10000 }),
});

const networkAndDisk = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EPIPE',
  'EIO',
  'EBUSY',
  'EAGAIN',
  'EMFILE',
  'ENFILE',
  'ENOSPC',
  'TimeoutError',
];

export default dag(
  {
    id: 'pipeline',
    title: 'Market pipeline',
    description:
      'Per symbol: prices, quality, Parquet, candles, a backtest and a report. And one comparison.',
    tags: ['market'],
    schedule: cron('0 */4 * * *'),
    catchup: false,
    maxActiveRuns: 1,
    params,
    defaults: { retries: { max: 3, delay: '5m', on: networkAndDisk } },
  },
  (d) => {
    const symbol = d.forEach('symbol', { over: d.params.symbols }, (g) => {
      const raw = g.task('collect', { uses: './pipeline/collect.ts#collect', stage: 'collect' });
      const cleaned = g.task('clean', { uses: './pipeline/clean.ts#clean', stage: 'clean', needs: { raw } });
      const stored = g.task('store', {
        uses: './pipeline/store.ts#store',
        stage: 'store',
        needs: { cleaned },
      });
      const candles = g.task('kline', {
        uses: './pipeline/kline.ts#kline',
        stage: 'kline',
        needs: { stored },
      });
      const results = g.task('backtest', {
        uses: './pipeline/backtest.ts#backtest',
        stage: 'backtest',
        needs: { source: raw, candles },
      });
      g.task('visualize', {
        uses: './pipeline/visualize.ts#visualize',
        stage: 'visualize',
        needs: { source: raw, cleaned, candles, results },
      });
      return results;
    });
    d.task('compare', {
      uses: './pipeline/compare.ts#compare',
      stage: 'visualize',
      triggerRule: 'all_done',
      needs: { results: symbol },
    });
  },
);
