import type { ContainerState } from "./runtime.ts";

/** podman's words and Docker's; podman 4 says `configured` for what others call created. */
const STATES: Readonly<Record<string, ContainerState>> = {
  configured: "created",
  created: "created",
  initialized: "starting",
  restarting: "starting",
  running: "running",
  paused: "paused",
  stopping: "stopping",
  stopped: "exited",
  exited: "exited",
  dead: "exited",
  removing: "removing",
};

/** An engine's word for a state as ours; what is not known is `unknown`. */
export function containerState(word: string): ContainerState {
  return STATES[word.toLowerCase()] ?? "unknown";
}
