import type { Action, DeadlineChange } from '../model/action.ts';
import { type BecauseCode, becauseNumber, type Facts } from '../model/because.ts';
import type { JsonText } from '../model/json.ts';
import { RUN_STATES } from '../model/states.ts';

/** The code of no state at all. */
export const NO_STATE = -1;

/** What the journal says about an action, in stored codes; number, time and epoch are added by the commit. */
export interface JournalLine {
  readonly runNo: number | null;
  readonly nodeNo: number | null;
  readonly tryNo: number | null;
  readonly from: number;
  readonly to: number;
  readonly because: number;
  readonly facts: JsonText | null;
}

/** Whether an action has a line in the journal: exactly one. */
export function hasLine(action: Action): boolean {
  switch (action.type) {
    case 'output':
    case 'metric':
    case 'artifact':
    case 'progress':
    case 'wait':
    case 'checkpoint':
    case 'cache.ask':
    case 'cache.put':
    case 'answer':
    case 'reexpand':
    case 'slots':
    case 'hook':
      return false;
    case 'asset.event':
      return action.event.reported !== null;
    case 'asset.take':
    case 'dag.change':
    case 'backfill.change':
    case 'deadline':
      return action.code !== null;
    default:
      return true;
  }
}

/** The line of an action; `null` for results, which have rows of their own, and for answers. */
export function journalLine(action: Action): JournalLine | null {
  switch (action.type) {
    case 'instance':
      return {
        runNo: action.runNo,
        nodeNo: action.nodeNo,
        tryNo: action.tryNo,
        from: action.from,
        to: action.to,
        because: action.because,
        facts: action.facts,
      };
    case 'run.create': {
      const { state, because } = action.run;
      const code = because === null ? 0 : becauseNumber(because.code);
      return runLine(action.run.runNo, NO_STATE, RUN_STATES.indexOf(state), code, factsText(because));
    }
    case 'run.change': {
      const facts = action.facts === null ? null : JSON.stringify(action.facts);
      return runLine(
        action.runNo,
        RUN_STATES.indexOf(action.from),
        RUN_STATES.indexOf(action.to),
        becauseNumber(action.code),
        facts,
      );
    }
    case 'expand': {
      const { runNo, fanOut, parentBase } = action.expansion;
      return plainLine(runNo, 'expanded', { fanOut, parentBase, keys: action.keys });
    }
    case 'note': {
      const facts = action.facts === null ? null : JSON.stringify(action.facts);
      const { runNo, nodeNo, tryNo } = action;
      return {
        runNo,
        nodeNo,
        tryNo,
        from: NO_STATE,
        to: NO_STATE,
        because: becauseNumber(action.code),
        facts,
      };
    }
    case 'dag.change': {
      if (action.code === null) return null;
      const facts = JSON.stringify({ dag: action.dagId, ...action.facts });
      return runLine(null, NO_STATE, NO_STATE, becauseNumber(action.code), facts);
    }
    case 'deadline':
      return deadlineLine(action);
    case 'asset.event':
    case 'asset.take':
    case 'file.take':
      return assetLine(action);
    case 'backfill.create': {
      const { backfillNo, createdBy, dagId } = action.backfill;
      const facts = JSON.stringify({ dag: dagId, backfill: backfillNo, by: createdBy });
      return runLine(null, NO_STATE, NO_STATE, becauseNumber('backfill_created'), facts);
    }
    case 'backfill.change': {
      if (action.code === null) return null;
      const { backfillNo, dagId } = action.backfill;
      const facts = JSON.stringify({ dag: dagId, backfill: backfillNo, ...action.facts });
      return runLine(null, NO_STATE, NO_STATE, becauseNumber(action.code), facts);
    }
    default:
      return null;
  }
}

function deadlineLine({ runNo, code, facts }: DeadlineChange): JournalLine | null {
  return code === null ? null : plainLine(runNo, code, facts);
}

/** A line about a run that changes no state. */
function plainLine(runNo: number, code: BecauseCode, facts: Facts | null): JournalLine {
  const text = facts === null ? null : JSON.stringify(facts);
  return runLine(runNo, NO_STATE, NO_STATE, becauseNumber(code), text);
}

function assetLine(
  action: Extract<Action, { type: 'asset.event' | 'asset.take' | 'file.take' }>,
): JournalLine | null {
  if (action.type === 'asset.event') {
    const { uri, reported } = action.event;
    if (reported === null) return null;
    const facts = JSON.stringify({ asset: uri, by: reported.by });
    return runLine(null, NO_STATE, NO_STATE, becauseNumber('asset_reported'), facts);
  }
  if (action.code === null) return null;
  const of =
    action.type === 'asset.take' ? { dag: action.dagId } : { dag: action.file.dagId, file: action.file.path };
  const facts = JSON.stringify({ ...of, ...action.facts });
  return runLine(null, NO_STATE, NO_STATE, becauseNumber(action.code), facts);
}

function runLine(
  runNo: number | null,
  from: number,
  to: number,
  because: number,
  facts: JsonText | null,
): JournalLine {
  return { runNo, nodeNo: null, tryNo: null, from, to, because, facts };
}

/** The facts of a reason without its code and sentence, which follow from them. */
export function factsText(because: object | null): JsonText | null {
  if (because === null) return null;
  const { code: _code, text: _text, ...facts } = because as Record<string, unknown>;
  return Object.keys(facts).length === 0 ? null : JSON.stringify(facts);
}
