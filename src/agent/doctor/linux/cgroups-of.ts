import type { NodeFacts } from "../node-facts.ts";

/** From the lines of `/proc/self/mountinfo`. A v1 hierarchy that only names processes (`name=systemd`) limits nothing. */
export function cgroupsOf(mountinfo: string): NodeFacts["cgroups"] {
  const types = mountinfo.split("\n").map(mountOf);
  const hasV2 = types.some(({ type }) => type === "cgroup2");
  const hasV1 = types.some(({ type, options }) => type === "cgroup" && !options.includes("name="));
  if (hasV1 && hasV2) return "mixed";
  if (hasV1) return "v1";
  return hasV2 ? "v2" : "none";
}

/** `36 35 98:0 / /mnt rw - ext3 /dev/root rw,errors=continue`: type and options stand behind the dash (proc_pid_mountinfo(5)). */
function mountOf(line: string): { readonly type: string; readonly options: string } {
  const [type = "", , options = ""] = (line.split(" - ")[1] ?? "").split(" ");
  return { type, options };
}
