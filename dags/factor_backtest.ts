import { dag, Type } from 'orch';

const params = Type.Object({
  symbols: Type.Array(Type.String({ minLength: 1 }), {
    description: 'Of SP500, MSFT, AMZN, IBM and GOOG, whose recordings have years in common.',
    minItems: 2,
    uniqueItems: true,
    default: ['SP500', 'MSFT', 'AMZN', 'IBM'],
  }),
  lookback: Type.Integer({
    description: 'Months of past growth that rank.',
    minimum: 1,
    maximum: 120,
    default: 6,
  }),
  hold: Type.Integer({ description: 'How many of the first ones are held.', minimum: 1, default: 2 }),
});

export default dag(
  {
    id: 'factor_backtest',
    title: 'Factor backtest',
    description: 'Each month holds the symbols that grew most, beside holding all of them alike.',
    tags: ['market'],
    params,
    taskType: true,
  },
  (d) => {
    d.task('rank', { uses: './factor_backtest/momentum.ts#momentum', timeout: '10m', memory: 1024 });
  },
);
