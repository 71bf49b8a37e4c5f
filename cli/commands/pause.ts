import { pauseCommand } from '../pause-dag.ts';

/** `orch pause <dag>`: its schedule makes no runs until it is unpaused. */
export const pause = pauseCommand(true);
