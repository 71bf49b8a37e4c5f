import { pauseCommand } from '../pause-dag.ts';

/** `orch unpause <dag>`: its schedule makes runs again. */
export const unpause = pauseCommand(false);
