import { styleText } from 'node:util';

type Paint = (text: string) => string;

/** Colours by what they mean; every one is the identity where colour is off. */
export interface Style {
  readonly on: boolean;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly busy: Paint;
  readonly note: Paint;
  readonly underline: Paint;
}

/** A style with or without colour. */
export function createStyle(on: boolean): Style {
  const paint = (format: Parameters<typeof styleText>[0]): Paint =>
    on ? (text) => (text === '' ? '' : styleText(format, text, { validateStream: false })) : (text) => text;
  return {
    on,
    bold: paint('bold'),
    dim: paint('dim'),
    good: paint('green'),
    bad: paint('red'),
    warn: paint('yellow'),
    busy: paint('cyan'),
    note: paint('magenta'),
    underline: paint('underline'),
  };
}

export type ColorChoice = 'auto' | 'always' | 'never';

/** Whether a stream gets colour: the flag, then NO_COLOR and FORCE_COLOR, then what the stream is. */
export function wantsColor(
  choice: ColorChoice,
  env: { readonly [name: string]: string | undefined },
  isTTY: boolean,
): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return isTTY && env.TERM !== 'dumb';
}
