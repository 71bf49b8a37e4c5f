/** What came of asking a registry for advisories of the lockfile. */
export type Audit =
  | { readonly kind: 'clean' | 'unknown'; readonly why: string }
  | { readonly kind: 'found'; readonly lines: readonly string[] };

interface Report {
  readonly auditReportVersion?: number;
  readonly message?: string;
  readonly vulnerabilities?: Readonly<Record<string, Vulnerability>>;
}

interface Vulnerability {
  readonly severity: string;
  /** Advisories, and names of packages that have them. */
  readonly via: readonly (string | { readonly title: string; readonly url: string })[];
}

/** Reads what `npm audit --json` printed. What is no report of it says nothing about the packages. */
export function readAudit(text: string): Audit {
  const report = parsed(text);
  if (report?.auditReportVersion === undefined || report.vulnerabilities === undefined)
    return { kind: 'unknown', why: report?.message ?? 'npm has printed no report' };
  const lines = Object.entries(report.vulnerabilities).flatMap(([name, { severity, via }]) =>
    via.flatMap((one) => (typeof one === 'string' ? [] : `${name} (${severity}): ${one.title}, ${one.url}`)),
  );
  return lines.length > 0 ? { kind: 'found', lines } : { kind: 'clean', why: 'no advisory is known' };
}

/** What CI says of it, and whether it fails: only for an advisory, not where no registry can tell. */
export function verdictOf(audit: Audit): { readonly code: 0 | 1; readonly lines: readonly string[] } {
  if (audit.kind === 'found') return { code: 1, lines: audit.lines };
  const unknown = 'No registry could tell; looked up by hand: docs/security.md#advisories. It said:';
  const clean = 'The registry was asked about the lockfile:';
  return { code: 0, lines: [`${audit.kind === 'clean' ? clean : unknown} ${audit.why}`] };
}

function parsed(text: string): Report | null {
  try {
    return JSON.parse(text) as Report | null;
  } catch {
    return null;
  }
}
