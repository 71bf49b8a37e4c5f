import tab from '@bomb.sh/tab';

export type Shell = 'bash' | 'zsh' | 'fish' | 'powershell';

/** Prints the script that makes a shell ask `orch complete -- <words>` for completions. */
export function printCompletionScript(shell: Shell): void {
  tab.setup('orch', 'orch', shell);
}
