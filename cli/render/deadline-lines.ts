import type { RunDeadline } from '../../core/store/read-deadline.ts';
import type { Style } from '../style.ts';
import { instantText, spanText } from './time-text.ts';

/** How a run stands to its deadline, in one line; none without one. */
export function deadlineLines(deadline: RunDeadline | null, now: number, style: Style): string[] {
  return deadline === null
    ? []
    : [`  deadline ${instantText(deadline.at)}: ${standText(deadline, now, style)}`];
}

function standText({ at, state, foretold }: RunDeadline, now: number, style: Style): string {
  switch (state) {
    case 'ahead':
      return `in ${spanText(at - now)}${foretold ? style.warn('; earlier runs took longer') : ''}`;
    case 'met':
      return foretold ? 'met, although it was at risk' : 'met';
    case 'missed':
      return `${style.bad('missed')}${foretold ? ', as foretold' : ''}`;
  }
}
