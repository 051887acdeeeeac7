import type { Changed, Withheld } from "../catalog/tool-rules.ts";
import type { Target } from "../catalog/view.ts";
import { type Refusal, refuse } from "../refusal.ts";

/** 403 for a tool that is not offered, with what would help. */
export function refuseWithheld(
  { host, own }: Pick<Target, "own"> & { readonly host: { readonly handle: string } },
  why: Withheld,
): Refusal {
  const tool = own.slice(0, 200);
  if (typeof why === "object") return refuse("tool_denied", `${changed(host.handle, tool)}${digestOf(why)}`);
  switch (why) {
    case "writes": {
      const off = `write tools of server ${host.handle} are off; an administrator turns them on with writeTools: true`;
      return refuse("tool_denied", `Tool ${tool} is one that writes, and ${off}`);
    }
    case "denied":
      return refuse("tool_denied", `Tool ${tool} of server ${host.handle} is denied by policy`);
    case "hidden":
      return refuse("tool_denied", `Tool ${tool} of server ${host.handle} is hidden by the server's policy`);
  }
}

function changed(handle: string, tool: string): string {
  return `Tool ${tool} of server ${handle} is not defined as it was approved`;
}

function digestOf({ definition }: Changed): string {
  return definition === undefined ? ", and nested too deep to be" : `; the digest of its definition is now ${definition}`;
}
