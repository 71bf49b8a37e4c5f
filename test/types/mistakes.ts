import { dag, Type } from 'orch';

/** Every marked line must be a compile error; an unused mark is one too. */
export const example = dag(
  { id: 'mistakes', params: Type.Object({ fast: Type.Number({ default: 1 }) }) },
  (d) => {
    const raw = d.task('raw', () => ({ path: 'x', rows: 3 }));
    const regime = d.choose('regime', { needs: { raw } }, ({ raw }) =>
      raw.rows > 2 ? 'defensive' : 'aggressive',
    );

    // @ts-expect-error a field that the upstream does not give
    d.task('wrong_field', { needs: { raw } }, ({ raw }) => raw.paths);

    // @ts-expect-error a value that the branch never takes
    d.task('wrong_branch', { when: regime.is('agressive') }, () => 1);

    // @ts-expect-error under all_done the input may be undefined
    d.task('wrong_rule', { needs: { raw }, triggerRule: 'all_done' }, ({ raw }) => raw.path);

    // @ts-expect-error a misspelt trigger rule
    d.task('wrong_name', { needs: { raw }, triggerRule: 'all_dones' }, () => 1);

    // @ts-expect-error a duration in words
    d.task('wrong_duration', { timeout: '5 minutes' }, () => 1);
  },
);
