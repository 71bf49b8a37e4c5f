import { S } from '../../core/model/states.ts';
import { pastBlock } from '../../core/planner/past-rule.ts';
import { isBlockOpen, ruleVerdict } from '../../core/planner/readiness.ts';
import { AFTER_CUT, PAST, READER } from '../../core/planner/templates.ts';
import type { World } from '../../core/planner/world.ts';
import type { Waiting } from './history.ts';

/** Instances that were decided last when their past held them back, and that nothing holds back any more. */
export function unwoken(world: World): Waiting[] {
  const found: Waiting[] = [];
  for (const run of world.runs.values()) {
    const past = world.pasts.of(run);
    if (!past || run.record.state !== 'running' || run.abort) continue;
    for (const { node, template, block } of run.existing()) {
      const traits = run.templates.traits[template] as number;
      const isPlain = (traits & PAST) !== 0 && !(traits & (AFTER_CUT | READER));
      if (!isPlain || run.state[node] !== S.none || run.isPlaceholder(node, template)) continue;
      if (run.templates.indirectSetups[template] || !run.isSelected(template, block)) continue;
      if (!isBlockOpen(run, block) || ruleVerdict(run, node, template) !== 'run') continue;
      if (pastBlock(past, node, template) === null) found.push({ runNo: run.record.runNo, nodeNo: node });
    }
  }
  return found;
}
