import type { AlertMute, AlertRecord, AlertRule } from '../model/alert.ts';

/** An alert as programs see it. */
export function alertJson({ fingerprint: _, ...one }: AlertRecord) {
  return {
    ...one,
    details: { ...one.details },
    acknowledgedAt: instant(one.acknowledgedAt),
    firstSeenAt: instant(one.firstSeenAt),
    lastSeenAt: instant(one.lastSeenAt),
    resolvedAt: instant(one.resolvedAt),
  };
}

/** A mute as programs see it. */
export function muteJson(one: AlertMute) {
  return { ...one, until: instant(one.until), createdAt: instant(one.createdAt) };
}

/** A rule as programs see it, without its templates. */
export function ruleJson({ tellsRecovery, title: _, text: __, ...one }: AlertRule) {
  const lists = { dags: [...one.dags], tasks: [...one.tasks], channels: [...one.channels] };
  return { ...one, ...lists, recovery: tellsRecovery };
}

function instant(at: number): string;
function instant(at: number | null): string | null;
function instant(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
