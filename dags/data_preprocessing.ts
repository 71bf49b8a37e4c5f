import { dag, Type } from 'orch';

const params = Type.Object({
  symbol: Type.String({ description: 'SP500, AAPL, MSFT, AMZN, IBM or GOOG.', default: 'SP500' }),
  window: Type.Integer({
    description: 'Returns over which mean and deviation are taken.',
    minimum: 2,
    maximum: 5000,
    default: 20,
  }),
  clipAt: Type.Number({ description: 'Scores beyond this many deviations are cut.', minimum: 1, default: 4 }),
  dataDir: Type.String({
    description: 'Folder of the Parquet files.',
    minLength: 1,
    default: 'data/features',
  }),
});

export default dag(
  {
    id: 'data_preprocessing',
    title: 'Data preprocessing',
    description: 'Returns and rolling scores of the recorded closes of a symbol, as Parquet.',
    tags: ['market'],
    params,
    taskType: true,
  },
  (d) => {
    d.task('preprocess', {
      uses: './data_preprocessing/features.ts#preprocess',
      timeout: '10m',
      memory: 1024,
    });
  },
);
