/**
 * The colours of the reports by role, for light and dark. Charts are drawn once with a placeholder per
 * role, which becomes a CSS variable in the page, so one drawing serves both schemes.
 */
export const PALETTE = {
  paper: { light: '#fbfbf9', dark: '#15181c' },
  raised: { light: '#f2f2ee', dark: '#1e2227' },
  ink: { light: '#1c2024', dark: '#e7e9ec' },
  muted: { light: '#646b73', dark: '#99a1aa' },
  hairline: { light: '#dedfdb', dark: '#31363d' },
  up: { light: '#2b8a7e', dark: '#55b8aa' },
  down: { light: '#c05541', dark: '#e58a74' },
  strategy: { light: '#1d5fb4', dark: '#7fb0f5' },
  benchmark: { light: '#8d939a', dark: '#7e868f' },
  volume: { light: '#c3c8cc', dark: '#454c55' },
  warning: { light: '#8a5a00', dark: '#e0b04c' },
} as const;
export type Role = keyof typeof PALETTE;

const ROLES = Object.keys(PALETTE) as Role[];

/** The placeholder of a role: a colour that no drawing uses otherwise. */
export function ink(role: Role): string {
  return `#0f1e${(ROLES.indexOf(role) + 16).toString(16).padStart(2, '0')}`;
}

/** Replaces the placeholders in a drawing by CSS variables. */
export function withVariables(svg: string): string {
  return ROLES.reduce((text, role) => text.replaceAll(ink(role), `var(--${role})`), svg);
}

/** CSS that defines the variables for both schemes. */
export function paletteCss(): string {
  const list = (scheme: 'light' | 'dark'): string =>
    ROLES.map((role) => `--${role}:${PALETTE[role][scheme]}`).join(';');
  return (
    `:root{color-scheme:light dark;${list('light')}}\n` +
    `@media (prefers-color-scheme:dark){:root{${list('dark')}}}`
  );
}
