import { expect, test } from 'vitest';
import { type Figures, foldSamples } from '../../../core/model/figures.ts';

const figures = (cpuPercent: number, completedTasksToday: number): Figures => ({
  ...{ cpuPercent, completedTasksToday, cpuCount: 2, load: 1, failedTasksToday: 0 },
  ...{ memoryTotal: 8, memoryUsed: 4, memoryPercent: 50, diskTotal: 8, diskUsed: 4, diskPercent: 50 },
  ...{ activeTasks: 0, pendingTasks: 0 },
});

test('samples become averages of steps, and the last one of what is counted', () => {
  const samples = [
    { at: 10_001, figures: figures(10, 1) },
    { at: 19_999, figures: figures(20, 3) },
    { at: 40_000, figures: figures(90, 4) },
  ];
  expect(foldSamples(samples, 10_000)).toEqual([
    { at: 10_000, figures: figures(15, 3) },
    { at: 40_000, figures: figures(90, 4) },
  ]);
  expect(foldSamples([], 10_000)).toEqual([]);
});
