import { at, dag, every } from 'orch';

const run = (id: string, mode: 'def' | 'agg') => ({ pnl: id.length, mode });

export const example = dag({ id: 'research', schedule: [every('6h'), at('2030-01-01T00:00:00Z')] }, (d) => {
  const market = d.task('market', async () => ({ id: 'm' }));
  const vol = d.task('volatility', async () => ({ vol: 0.4 }));
  const regime = d.choose('regime', { needs: { vol } }, ({ vol }) =>
    vol.vol > 0.6 ? 'defensive' : 'aggressive',
  );
  const def = d.task('bt_defensive', { needs: { market }, when: regime.is('defensive') }, ({ market }) =>
    run(market.id, 'def'),
  );
  const agg = d.task('bt_aggressive', { needs: { market }, when: regime.is('aggressive') }, ({ market }) =>
    run(market.id, 'agg'),
  );
  const best = d.task(
    'pick_best',
    { needs: { def, agg }, triggerRule: 'none_failed_min_one_success' },
    ({ def, agg }) => def ?? agg ?? { pnl: 0, mode: 'def' as const },
  );
  const size = d.choose('size', {
    needs: { best },
    choose: [{ when: 'needs.best.pnl > 100', value: 'large' }, { otherwise: 'small' }],
  });
  const desk = d.group('desk', { defaults: { retries: 2 } }, (g) => {
    const open = g.task<{ port: number }>('open', { run: 'open-session' });
    const trade = g.task(
      'trade',
      { needs: { best, open }, when: size.is('large') },
      ({ best, open }) => best.pnl + open.port,
    );
    g.task(
      'close',
      { needs: { open }, teardown: true, setups: [open], after: [trade] },
      ({ open }) => open?.port,
    );
    return { trade };
  });
  d.task('report', { needs: { trade: desk.result.trade }, after: [desk] }, ({ trade }) => trade.toFixed(2));
});
