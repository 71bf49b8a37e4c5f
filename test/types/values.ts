import { dag } from 'orch';

/** What a task declares decides what its context gives. */
export const example = dag({ id: 'values' }, (d) => {
  const rows = d.task('rows', { variables: ['api_key'], connections: ['warehouse'] }, (_, ctx) => {
    const key: string = ctx.variable('api_key');
    const warehouse = ctx.connection('warehouse');
    const port: number | undefined = warehouse.type === 'postgres' ? warehouse.port : undefined;
    // @ts-expect-error a variable that the task does not declare
    ctx.variable('api_kee');
    // @ts-expect-error a field that no HTTP connection has
    if (warehouse.type === 'http') warehouse.host.at(0);
    return { key, port };
  });
  d.task('next', { needs: { rows }, variables: ['region'] }, ({ rows }, { variable, connection }) => {
    // @ts-expect-error it declares no connection
    connection('warehouse');
    return [rows.key, variable('region')];
  });
  // @ts-expect-error it declares nothing
  d.task('none', (_, ctx) => ctx.variable('region'));
  d.sensor('there', { every: '30s', variables: ['region'] }, (_, ctx) => ctx.variable('region'));
  d.choose('branch', { variables: ['region'] }, (_, ctx) => (ctx.variable('region') === 'eu' ? 'eu' : 'us'));
});
