import type { PathChange } from "../../runtime/runtime.ts";
import { kernelView } from "./linux/kernel-view.ts";
import type { VerifyDeps } from "./subject.ts";

/**
 * What a container has changed. Engines list the places of mounts as changes; those that no spec names, as of volumes that an
 * image declares, are known to the kernel.
 */
export async function writtenBy({ runtime }: Pick<VerifyDeps, "runtime">, name: string, pid: number): Promise<readonly PathChange[]> {
  const [changes, kernel] = await Promise.all([runtime.diff(name), kernelView(pid)]);
  const targets = (kernel?.mounts ?? []).map(({ target }) => target);
  return changes.filter(({ path }) => !targets.some((target) => target === path || target.startsWith(`${path}/`)));
}
