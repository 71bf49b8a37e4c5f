import {
  CALLS_MAX,
  type LoopSpec,
  type SensorSpec,
  type TaskAction,
  WAIT_DEFAULTS,
} from '../../model/dag.ts';
import { didYouMean } from '../../model/did-you-mean.ts';
import { durationText } from '../../model/duration.ts';
import type { AuthorApproval } from '../author-form.ts';
import type { AuthorPath } from '../place.ts';
import { readDuration } from './inherit.ts';
import type { Reader } from './names.ts';
import type { Problems } from './problems.ts';
import type { Texts } from './texts.ts';
import { nameOf, type TaskEntry } from './tree.ts';

/** A question to people; `null` if it is wrong. */
export function readApproval(
  { title, options, timeout, onTimeout }: AuthorApproval,
  entry: TaskEntry,
  at: AuthorPath,
  problems: Problems,
): TaskAction | null {
  const name = nameOf(entry);
  const place = [...at, 'approval'];
  const answerWithinMs = readDuration(timeout, 1, `'timeout' of ${name}`, [...place, 'timeout'], problems);
  const twice = options.findIndex((one, index) => options.indexOf(one) !== index);
  if (twice >= 0) {
    const message = `${name} has the option '${options[twice]}' twice`;
    problems.error('duplicate-option', message, [...place, 'options', twice]);
    return null;
  }
  if (onTimeout !== undefined && !options.includes(onTimeout)) {
    const message = `'onTimeout' of ${name} is '${onTimeout}', which is none of its options`;
    const hint = (): string => didYouMean(onTimeout, options) ?? `options: ${options.join(', ')}`;
    problems.error('unknown-option', message, [...place, 'onTimeout'], { hint });
    return null;
  }
  if (onTimeout !== undefined && timeout === undefined) {
    const message = `${name} has 'onTimeout', but waits for an answer without a limit`;
    problems.error('not-applicable', message, [...place, 'onTimeout'], {
      at: 'key',
      hint: "add 'timeout'",
    });
    return null;
  }
  return {
    kind: 'approval',
    title,
    options,
    ...(answerWithinMs === undefined ? {} : { answerWithinMs }),
    ...(onTimeout === undefined ? {} : { onTimeout }),
  };
}

/** How a sensor looks; `undefined` if the task is none, or a wrong one. */
export function readSensor(entry: TaskEntry, at: AuthorPath, problems: Problems): SensorSpec | undefined {
  const { sensor, loop } = entry.author;
  if (sensor === undefined) return undefined;
  const name = nameOf(entry);
  const place = [...at, 'sensor'];
  if (loop !== undefined) {
    const message = `${name} is both a sensor and a loop`;
    problems.error('not-applicable', message, place, { at: 'key', hint: 'make two tasks of it' });
  }
  const everyMs = readDuration(sensor.every, 1, `'every' of ${name}`, [...place, 'every'], problems);
  const giveUpMs = readDuration(sensor.timeout, 1, `'timeout' of ${name}`, [...place, 'timeout'], problems);
  if (everyMs === undefined) return undefined;
  const looks = Math.floor((giveUpMs ?? WAIT_DEFAULTS.giveUpMs) / everyMs);
  if (looks > CALLS_MAX) {
    const reached = durationText(CALLS_MAX * everyMs);
    const most = CALLS_MAX.toLocaleString('en');
    const message = `${name} looks ${most} times at most: it fails after ${reached}`;
    problems.warning('looks-too-often', message, [...place, 'every']);
  }
  return {
    everyMs,
    ...(giveUpMs === undefined || giveUpMs === WAIT_DEFAULTS.giveUpMs ? {} : { giveUpMs }),
    ...(sensor.softFail ? { softFail: true } : {}),
  };
}

/** Until when a task is done again; `undefined` if it is no loop, or a wrong one. */
export function readLoop(
  entry: TaskEntry,
  at: AuthorPath,
  reader: Reader,
  texts: Texts,
  problems: Problems,
): LoopSpec | undefined {
  const { loop } = entry.author;
  if (loop === undefined) return undefined;
  const name = nameOf(entry);
  const place = [...at, 'loop'];
  const until = texts.expression(loop.until, {
    ...reader,
    name: `'loop.until' of ${name}`,
    at: [...place, 'until'],
  });
  const delayMs = readDuration(loop.delay, 0, `'delay' of ${name}`, [...place, 'delay'], problems);
  if (until === null) return undefined;
  const { maxIterations } = loop;
  return {
    until: until.text,
    ...(maxIterations === undefined || maxIterations === WAIT_DEFAULTS.maxIterations
      ? {}
      : { maxIterations }),
    ...(delayMs === undefined || delayMs === WAIT_DEFAULTS.delayMs ? {} : { delayMs }),
  };
}
