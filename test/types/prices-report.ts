import { cron, dag } from 'orch';

export const example = dag({ id: 'prices_report', schedule: cron('0 6 * * *', { tz: 'UTC' }) }, (d) => {
  const prices = d.task('fetch_prices', { retries: 3, timeout: '2m' }, async (_, { signal }) => {
    const answer = await fetch('https://api.example.com/prices', { signal });
    return (await answer.json()) as { symbol: string; close: number }[];
  });
  const stats = d.task('summarise', { needs: { prices } }, ({ prices }) => ({
    n: prices.length,
    max: Math.max(...prices.map((price) => price.close)),
  }));
  d.task('publish', { needs: { stats } }, async ({ stats }, ctx) => {
    ctx.metric('symbols', stats.n);
    await ctx.artifact('report.json', stats);
  });
});
