import { dag, defineOperator, Type } from 'orch';

const params = Type.Object({
  symbols: Type.Array(Type.Object({ id: Type.String() })),
  fast: Type.Number({ default: 1 }),
});

/** Further mistakes that must not compile. */
export const example = dag({ id: 'more_mistakes', params }, (d) => {
  const raw = d.task('raw', () => ({ path: 'x', when: new Date(0) }));
  const fan = d.forEach('symbol', { over: d.params.symbols, key: (symbol) => symbol.id }, (g, symbol) =>
    g.task('one', { needs: { id: symbol.id } }, ({ id }) => id.length),
  );

  // @ts-expect-error a symbolic value is not a text
  d.task('as_text', { run: d.params.fast });

  // @ts-expect-error there is no such param
  d.task('no_param', { needs: { slow: d.params.slow } }, ({ slow }) => slow);

  // @ts-expect-error a Date is a string after JSON
  d.task('date', { needs: { raw } }, ({ raw }) => raw.when.getTime());

  d.task('settled', { needs: { fan }, triggerRule: 'all_done' }, ({ fan }) =>
    // @ts-expect-error under all_done the value exists only in successful keys
    fan.map((one) => one.value + 1),
  );

  // @ts-expect-error a group has no output
  d.task('group', { needs: { g: d.group('g', () => {}) } }, () => 1);

  // @ts-expect-error a task needs something to do
  d.task('nothing', { retries: 3 });

  // @ts-expect-error an option that does not exist
  d.task('unknown_option', { retrys: 3 }, () => 1);

  // @ts-expect-error the key must come from the item
  d.forEach('bad_key', { over: d.params.symbols, key: (symbol) => symbol.name }, () => {});

  // @ts-expect-error only an array can be fanned out over
  d.forEach('bad_over', { over: d.params.fast }, () => {});

  // @ts-expect-error there is no such moment
  d.task('moment', { onFail: () => 1 }, () => 1);

  // @ts-expect-error a hook knows the run by `event.run`
  d.task('hook', { onFailure: ({ event }) => event.runId }, () => 1);

  d.task(
    'told',
    { onRetry: [({ event }, ctx) => ctx.log.info(event.because), { run: 'again.sh' }] },
    () => 1,
  );

  d.task('params', (_, ctx) => {
    // @ts-expect-error params have the types of their schema
    return ctx.params.fast.toUpperCase();
  });
});

export const operator = defineOperator({
  params: Type.Object({ url: Type.String() }),
  isolation: 'shared',
  // @ts-expect-error params of an operator have the types of their schema
  execute: ({ url }) => url * 2,
});
