import { cron, dag, Type } from 'orch';

interface Backtest {
  readonly sharpe: number;
  readonly endedAt: Date;
}

async function collect(symbol: string, start: string | undefined): Promise<{ path: string }> {
  return { path: `${symbol}-${start}` };
}

async function backtest(path: string, fast: number, slow: number): Promise<Backtest> {
  return { sharpe: path.length / (slow - fast), endedAt: new Date(0) };
}

const params = Type.Object({
  symbols: Type.Array(Type.String(), { default: ['BTC-USD', 'ETH-USD'] }),
  fast: Type.Number({ default: 12 }),
  slow: Type.Number({ default: 26 }),
});

export const example = dag(
  {
    id: 'fan_out',
    schedule: cron('5 * * * *', { interval: true }),
    maxActiveRuns: 2,
    timeout: '50m',
    params,
  },
  (d) => {
    const perSymbol = d.forEach(
      'symbol',
      { over: d.params.symbols, key: (symbol) => symbol, maxParallel: 8 },
      (g, symbol) => {
        const raw = g.task(
          'collect',
          {
            needs: { symbol },
            retries: { max: 5, delay: '2s', backoff: 'exponential' },
            pool: 'exchange_api',
          },
          ({ symbol }, { run }) => collect(symbol, run.interval?.start),
        );
        return g.task('backtest', { needs: { raw }, stage: 'backtest' }, async ({ raw }, ctx) => {
          const result = await backtest(raw.path, ctx.params.fast, ctx.params.slow);
          ctx.metric('sharpe', result.sharpe);
          return result;
        });
      },
    );
    d.task(
      'visualize',
      { needs: { results: perSymbol }, triggerRule: 'all_done' },
      async ({ results }, ctx) => {
        const good = results.flatMap((one) =>
          one.state === 'success'
            ? [{ symbol: one.key, sharpe: one.value.sharpe, at: one.value.endedAt.slice(0, 10) }]
            : [],
        );
        await ctx.artifact('report.json', good);
      },
    );
    d.task('best', { needs: { results: perSymbol } }, ({ results }) =>
      Math.max(...results.map((one) => one.value.sharpe)),
    );
  },
);
