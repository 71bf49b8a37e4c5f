import { AppError } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-code.ts';

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;

/** `orch completion <shell>`: the script that a shell reads once. */
export const completion = defineCommand({
  description: 'The script asks orch for the names of DAGs, tasks and runs as you type.',
  examples: [
    {
      command: 'source <(orch completion bash)',
      what: 'bash, for this session; put it into ~/.bashrc to keep it',
    },
    { command: 'source <(orch completion zsh)', what: 'zsh' },
    { command: 'orch completion fish | source', what: 'fish' },
    { command: 'orch completion powershell | Out-String | Invoke-Expression', what: 'PowerShell' },
  ],
  define: (command) => {
    command.argument('<shell>', SHELLS.join(', '));
  },
  run: async (_context, _options, [shell]) => {
    const known = SHELLS.find((name) => name === shell);
    if (known === undefined)
      throw new AppError(
        'usage',
        `There is no completion for '${shell}'. Known shells: ${SHELLS.join(', ')}.`,
      );
    const { printCompletionScript } = await import('../completion/completion-script.ts');
    printCompletionScript(known);
    return EXIT.ok;
  },
});
