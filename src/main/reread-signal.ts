import { isatty } from "node:tty";

const STANDARD_INPUT = 0;

/**
 * Calls `reread` on SIGHUP from here on; returns how to give that up. Not in a terminal: one that is closed sends the same
 * signal, and nobody is left for whom to go on.
 */
export function onRereadSignal(reread: () => void): () => void {
  if (isatty(STANDARD_INPUT)) return () => {};
  process.on("SIGHUP", reread);
  return () => process.off("SIGHUP", reread);
}
