import { dag, Type } from 'orch';

const params = Type.Object({
  symbol: Type.String({ description: 'SP500, AAPL, MSFT, AMZN, IBM or GOOG.', default: 'SP500' }),
  fast: Type.Integer({ description: 'Bars in the fast average.', minimum: 1, maximum: 5000, default: 20 }),
  slow: Type.Integer({ description: 'Bars in the slow average.', minimum: 2, maximum: 5000, default: 50 }),
  feeBps: Type.Number({ description: 'Basis points of an order.', minimum: 0, maximum: 5000, default: 10 }),
  slippageBps: Type.Number({ description: 'Basis points of a fill.', minimum: 0, maximum: 5000, default: 5 }),
  capital: Type.Number({ description: 'What it starts with.', minimum: 1, default: 10000 }),
});

export default dag(
  {
    id: 'backtest',
    title: 'Backtest',
    description: 'A moving-average cross on the recorded prices of one symbol.',
    tags: ['market'],
    params,
    taskType: true,
  },
  (d) => {
    d.task('backtest', { uses: './backtest/run.ts#backtest', timeout: '10m', memory: 1024 });
  },
);
