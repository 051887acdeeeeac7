import type { ContainerSpec } from "../../../runtime/runtime.ts";
import type { ContainerLab } from "../container-lab.ts";
import type { WritesView } from "../observations.ts";
import type { Subject, VerifyDeps } from "../subject.ts";
import { writtenBy } from "../written-by.ts";
import { basicCalls } from "./basic-calls.ts";

/**
 * What the server writes where nothing keeps it from writing: a read-only root has no changes, whatever was tried.
 * Undefined where it does not start like that.
 */
export async function writableRun(
  deps: Pick<VerifyDeps, "fetch" | "nowMs" | "runtime">,
  lab: Pick<ContainerLab, "start">,
  spec: ContainerSpec,
  subject: Subject,
): Promise<WritesView["writable"]> {
  // Root without capabilities may not write where its image says so, which would hide an attempt.
  const started = await lab.start({ ...spec, readOnly: false, capDrop: [] });
  if (started.kind === "ended") return undefined;
  await basicCalls(deps, { ...subject, name: started.name, url: started.url });
  return writtenBy(deps, started.name, started.info.pid);
}
