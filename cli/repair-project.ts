import type { Place, Rule } from '../core/model/violation.ts';
import { foretellRepair, type RuleRepair, repairStore } from '../core/scheduler/repair-store.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { placeJson } from './place-json.ts';
import { counted } from './render/counted.ts';
import { findingLines, markedLine } from './render/finding-lines.ts';
import { withPlace } from './render/violation-lines.ts';
import { storeFinding } from './store-finding.ts';
import { TaskNames } from './task-names.ts';
import { userName } from './user-name.ts';
import { withProject } from './with-project.ts';

/** Rows of a rule that are left for one reason. */
interface LeftRows {
  readonly rule: Rule;
  readonly count: number;
  readonly why: string;
}

/**
 * Repairs what is stored of a project, or with `dryRun` says what that would do, and checks it again. The
 * exit code is 1 as long as a rule is broken.
 */
export async function repairProject(context: CommandContext, dryRun: boolean): Promise<number> {
  const { host, flags, style } = context;
  return withProject(context, async (project) => {
    const { store } = project;
    const repairs = dryRun
      ? await foretellRepair(store)
      : await repairStore(store, userName(host.env), host.clock);
    const steps = repairs.flatMap(({ rule, steps: ofRule }) => ofRule.map((step) => ({ rule, ...step })));
    const left = repairs.flatMap(leftRows);
    const names = await TaskNames.of(
      store,
      steps.map(({ place }) => place),
    );
    const finding = await storeFinding(project);
    const code = finding.level === 'ok' ? EXIT.ok : EXIT.runFailed;
    if (flags.json) {
      const items = steps.map(({ rule, place, what }) => ({ rule, ...placeJson(place, names), what }));
      context.json({ ok: code === EXIT.ok, dryRun, items, left, violations: finding.violations ?? [] });
      return code;
    }
    const topic = dryRun ? 'to do' : 'repaired';
    const told = (rule: Rule, place: Place, what: string) => `${rule}: ${withPlace(place, what, names)}`;
    const lines = [
      ...steps.map(({ rule, place, what }) =>
        markedLine(dryRun ? 'warning' : 'ok', topic, told(rule, place, what), style),
      ),
      ...left.map(({ rule, count, why }) =>
        markedLine('problem', 'left', `${rule}: ${counted(count, 'row')}: ${why}`, style),
      ),
    ];
    if (repairs.length === 0) lines.push(markedLine('ok', topic, 'nothing', style));
    if (!dryRun) lines.push(...findingLines(finding, style));
    context.print(lines.join('\n'));
    return code;
  });
}

function leftRows({ rule, left }: RuleRepair): readonly LeftRows[] {
  return [...Map.groupBy(left, ({ why }) => why)].map(([why, rows]) => ({ rule, count: rows.length, why }));
}
