import { cron, dag, Type } from 'orch';

const params = Type.Object({
  reportDir: Type.String({
    description: 'Folder of the reports; a day is daily/<date>.html in it.',
    minLength: 1,
    default: 'reports',
  }),
});

export default dag(
  {
    id: 'daily_report',
    title: 'Daily report',
    description: 'What ran since yesterday, how well and how long, and what failed, as one HTML page a day.',
    tags: ['operations'],
    schedule: cron('0 9 * * *'),
    maxActiveRuns: 1,
    params,
  },
  (d) => {
    const stats = d.task('stats', { run: 'npx orch stats --since 24h --json > "$ORCH_OUTPUT"' });
    const failures = d.task('failures', {
      run: 'npx orch runs --state failed --since 24h --limit 100 --json > "$ORCH_OUTPUT"',
    });
    d.task('report', { uses: './daily_report/report.ts#report', needs: { stats, failures } });
  },
);
