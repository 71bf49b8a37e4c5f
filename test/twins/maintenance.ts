import { cron, dag, Type } from 'orch';

const params = Type.Object({
  dataDirs: Type.Array(Type.String({ minLength: 1 }), {
    description: 'Folders of Parquet files in which files of writers that were killed are looked for.',
    default: ['data/market', 'data/collected'],
  }),
  leftAfterHours: Type.Number({
    description: 'A file that is only half written and older than this belongs to a writer that is gone.',
    minimum: 1,
    default: 24,
  }),
  reportDir: Type.String({
    description: 'Folder whose daily reports are looked at.',
    minLength: 1,
    default: 'reports',
  }),
  keepReportDays: Type.Integer({
    description: 'Daily reports that are older than this go.',
    minimum: 1,
    default: 90,
  }),
});

export default dag(
  {
    id: 'maintenance',
    title: 'Maintenance',
    description:
      'At night, what is stored is checked, and what killed writers and past days left behind goes.',
    tags: ['operations'],
    schedule: cron('0 2 * * *'),
    maxActiveRuns: 1,
    overlap: 'skip',
    params,
  },
  (d) => {
    d.task('doctor', {
      description: 'Reads everything that is stored and says what is wrong with it.',
      run: 'npx orch doctor',
      timeout: '30m',
    });
    const leftovers = d.task('leftovers', { uses: './maintenance/leftovers.ts#leftovers' });
    const reports = d.task('reports', { uses: './maintenance/old-reports.ts#oldReports' });
    d.task('usage', {
      uses: './maintenance/usage.ts#usage',
      after: [leftovers, reports],
      triggerRule: 'all_done',
    });
  },
);
