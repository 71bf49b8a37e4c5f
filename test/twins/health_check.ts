import { cron, dag, Type } from 'orch';

const percent = { minimum: 0, maximum: 100, default: 5 };

const params = Type.Object({
  diskFreePercent: Type.Number({
    ...percent,
    description: 'Less free space than this on the disk of the project is out of bounds.',
  }),
  memoryFreePercent: Type.Number({
    ...percent,
    description: 'Less available memory than this is out of bounds.',
  }),
  loadPerCore: Type.Number({
    description: 'More processes that want each core than this, over five minutes, is out of bounds.',
    minimum: 0.1,
    default: 8,
  }),
  dataAgeHours: Type.Number({
    description: 'Prices that were collected longer ago than this are out of bounds; none at all are not.',
    minimum: 0.1,
    default: 3,
  }),
  dataDir: Type.String({
    description: 'Folder of the Parquet files of data_collection.',
    minLength: 1,
    default: 'data/collected',
  }),
  reportDir: Type.String({
    description: 'Folder in which health.json says what was found.',
    minLength: 1,
    default: 'reports',
  }),
});

export default dag(
  {
    id: 'health_check',
    title: 'Health check',
    description:
      'Disk, memory, load and the age of the collected prices. Fails when one of them is out of bounds.',
    tags: ['operations'],
    schedule: cron('*/30 * * * *'),
    maxActiveRuns: 1,
    overlap: 'skip',
    misfireGrace: '5m',
    timeout: '2m',
    params,
  },
  (d) => {
    const machine = d.task('machine', { uses: './health_check/machine.ts#machine' });
    const prices = d.task('prices', { uses: './health_check/prices.ts#prices' });
    d.task('verdict', { uses: './health_check/verdict.ts#verdict', needs: { machine, prices } });
  },
);
