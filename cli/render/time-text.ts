/** A duration for people: `12ms`, `1.9s`, `28s`, `1m08s`, `2h05m`, `3d04h`. */
export function spanText(spanMs: number): string {
  const ms = Math.max(0, Math.round(spanMs));
  if (ms < 95) return `${ms}ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** An instant as RFC 3339 in UTC, or `null`. */
export function instantText(at: number): string;
export function instantText(at: number | null): string | null;
export function instantText(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** The time of day in UTC: `12:00:01Z`. */
export function clockText(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)}Z`;
}

/** A date and time for tables, UTC without seconds: `2026-11-20 12:00`. */
export function dateText(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

/** The instant of a slot like {@link dateText}, with seconds where it has any: `2026-11-20 12:00:20`. */
export function slotText(at: number): string {
  const text = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  return text.endsWith(':00') ? text.slice(0, -3) : text;
}

/** How long ago an instant was: `just now`, `5m ago`, `3d ago`. */
export function agoText(at: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - at) / 1000));
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds}s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ago`;
  return `${Math.floor(seconds / 86_400)}d ago`;
}
