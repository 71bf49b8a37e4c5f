import type { Place } from '../core/model/violation.ts';
import { instantText } from './render/time-text.ts';
import type { TaskNames } from './task-names.ts';

/** A place in what is stored as programs see it. */
export function placeJson(place: Place, names: TaskNames) {
  return {
    dagId: place.dagId,
    runId: place.runUid,
    task: names.nameOf(place),
    attempt: place.tryNo,
    slot: instantText(place.slotAt),
  };
}
