import { dag, Type } from 'orch';

const lengths = (description: string, values: readonly number[]) =>
  Type.Array(Type.Integer({ minimum: 1, maximum: 5000 }), {
    description,
    minItems: 1,
    maxItems: 15,
    uniqueItems: true,
    default: values,
  });

const params = Type.Object({
  symbol: Type.String({ description: 'SP500, AAPL, MSFT, AMZN, IBM or GOOG.', default: 'SP500' }),
  fast: lengths('Fast averages to try.', [5, 10, 20]),
  slow: lengths('Slow averages to try.', [50, 100, 200]),
  by: Type.Unsafe<string>({
    type: 'string',
    enum: ['sharpe', 'totalReturn', 'cagr'],
    description: 'What the best has most of.',
    default: 'sharpe',
  }),
  feeBps: Type.Number({ description: 'Basis points of an order.', minimum: 0, maximum: 5000, default: 10 }),
  slippageBps: Type.Number({ description: 'Basis points of a fill.', minimum: 0, maximum: 5000, default: 5 }),
  capital: Type.Number({ description: 'What each try starts with.', minimum: 1, default: 10000 }),
});

export default dag(
  {
    id: 'optimization',
    title: 'Optimization',
    description: 'Tries every pair of averages of the cross on one symbol and ranks them.',
    tags: ['market'],
    params,
    taskType: true,
  },
  (d) => {
    d.task('search', { uses: './optimization/search.ts#search', timeout: '1h', memory: 1024 });
  },
);
