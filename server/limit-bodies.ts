import { bodyLimit } from 'hono/body-limit';
import { problemOfStatus } from './problem.ts';

const BODY_BYTES_MAX = 1_048_576;

/** Refuses bodies that are too long, whether they say so or are found to be while they arrive. */
export const limitBodies = bodyLimit({
  maxSize: BODY_BYTES_MAX,
  onError: (context) => {
    const detail = `a body has at most ${BODY_BYTES_MAX} bytes`;
    return problemOfStatus(context, 413, 'too_large', { title: 'Too large', detail });
  },
});
