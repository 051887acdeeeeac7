import { randomBytes } from "node:crypto";
import type { ContainerLab } from "../container-lab.ts";
import { hasFile, putFile } from "../linux/container-files.ts";
import type { Behaviour, Observations, RestartRun, TmpfsRun } from "../observations.ts";
import type { Subject, VerifyDeps } from "../subject.ts";
import { behaviourOf } from "./behaviour.ts";

const MARK = "/tmp/mcpctl-verify-mark";

export interface BeforeRestart {
  readonly subject: Subject;
  readonly pid: number;
  readonly first: Behaviour;
}

export interface RestartObservations {
  readonly restart: RestartRun;
  readonly tmpfs?: TmpfsRun;
  readonly left: Observations["left"];
}

/** Stops and starts the container, and asks the same again. */
export async function restartRun(
  deps: Pick<VerifyDeps, "fetch">,
  lab: Pick<ContainerLab, "restart">,
  { subject, pid, first }: BeforeRestart,
): Promise<RestartObservations> {
  const isPut = await putFile(pid, MARK, randomBytes(8).toString("hex"));
  const again = await lab.restart(subject.name);
  if (again.kind === "ended") {
    const gone = { initialize: "", rounds: first.rounds.map(() => `it did not start again: exit code ${again.info.exitCode ?? 0}`) };
    return { restart: { first, second: gone }, left: { tmpfs: "it did not start again" } };
  }
  // A port that the engine has chosen is another one now.
  const second = await behaviourOf(deps, { ...subject, url: again.url });
  const tmpfs = isPut ? { tmpfs: { cleared: !(await hasFile(again.info.pid, MARK)) } } : {};
  return { restart: { first, second }, ...tmpfs, left: isPut ? {} : { tmpfs: "no file can be put into the container from here" } };
}
