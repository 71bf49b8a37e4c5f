import { dag, Type } from 'orch';

const params = Type.Object({
  file: Type.String({
    description: 'A file below dags/custom_code/scripts that exports a function run(args, ctx).',
    pattern: '^[A-Za-z0-9_][A-Za-z0-9_/-]*\\.(ts|js|mjs)$',
    maxLength: 200,
  }),
  args: Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    description: 'What the function is given.',
    default: {},
  }),
});

export default dag(
  {
    id: 'custom_code',
    title: 'Custom code',
    description: 'Runs a file of the project: what runs is reviewed and kept like all other code.',
    params,
    taskType: true,
  },
  (d) => {
    d.task('run', { uses: './custom_code/run.ts#runFile', timeout: '30m', memory: 512 });
  },
);
