import { Type } from 'typebox';
import { Because, exact, Instant, named, orNull } from './words.ts';

/** Which task instance something is of. */
const OF_INSTANCE = {
  taskInstanceId: Type.String(),
  taskId: Type.String(),
  key: orNull(Type.String()),
  tryNo: Type.Integer(),
};

export const Metric = named(
  'Metric',
  exact({ ...OF_INSTANCE, name: Type.String(), value: Type.Number(), at: Instant }),
);

export const Artifact = named(
  'Artifact',
  exact({
    ...OF_INSTANCE,
    name: Type.String(),
    bytes: Type.Integer(),
    mediaType: Type.String(),
    sha256: Type.String(),
  }),
);

export const JournalLine = named(
  'JournalLine',
  exact({
    seq: Type.Integer({ description: 'grows with every line of the project' }),
    at: Instant,
    about: orNull(Type.String({ description: 'a task instance or a fan-out; null: the run' })),
    taskInstanceId: orNull(Type.String()),
    tryNo: orNull(Type.Integer()),
    from: Type.String({ description: 'a state, or none' }),
    to: Type.String(),
    because: Because,
  }),
);
