import { resolve } from 'node:path';
import type { CommandContext, GlobalFlags, Host, Output } from './context.ts';
import { jsonLine, unsteered } from './render/text-width.ts';
import { type ColorChoice, createStyle, wantsColor } from './style.ts';

/** The global options as commander gives them. */
export interface GlobalOptionValues {
  readonly directory?: string;
  readonly json?: boolean;
  readonly color?: ColorChoice;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly profile?: string;
  readonly server?: string;
  readonly tokenStdin?: boolean;
  readonly allowHttp?: boolean;
}

/** Makes the context of a command from its process and its global options. */
export function createContext(process: Host, options: GlobalOptionValues): CommandContext {
  const [stdout, stderr] = [unsteeredOutput(process.stdout), unsteeredOutput(process.stderr)];
  // Stdin is looked at by those only who read it.
  const host: Host = Object.create(process, { stdout: { value: stdout }, stderr: { value: stderr } });
  const flags: GlobalFlags = {
    directory: resolve(host.cwd, options.directory ?? '.'),
    json: options.json === true,
    color: options.color ?? 'auto',
    quiet: options.quiet === true,
    verbose: options.verbose === true,
    tokenStdin: options.tokenStdin === true,
    allowHttp: options.allowHttp === true,
    ...(options.server === undefined ? {} : { server: options.server }),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
  };
  const style = createStyle(wantsColor(flags.color, host.env, host.stdout.isTTY));
  const errStyle = createStyle(wantsColor(flags.color, host.env, host.stderr.isTTY));
  return {
    host,
    flags,
    style,
    errStyle,
    print: (text) => host.stdout.write(`${text}\n`),
    json: (value, layout = 'document') => {
      const pretty = layout === 'document' && host.stdout.isTTY;
      host.stdout.write(`${jsonLine(value, pretty ? 2 : 0)}\n`);
    },
    say: (text) => {
      if (!flags.quiet) host.stderr.write(`${text}\n`);
    },
    warn: (text) => host.stderr.write(`${errStyle.warn('warning')}  ${text}\n`),
  };
}

/** An output whose terminal nobody steers who wrote a part of the text. */
function unsteeredOutput(output: Output): Output {
  return Object.create(output, { write: { value: (text: string) => output.write(unsteered(text)) } });
}
