/** What every container of ours carries, so that a node tells what it runs even where its registry is lost. */
export const LABELS = {
  /** `true` on all of them. */
  managed: "io.mcpctl.managed",
  node: "io.mcpctl.node",
  /** The id of the agent that made it; not on those that were made before agents had one. */
  agent: "io.mcpctl.agent",
  service: "io.mcpctl.service",
  component: "io.mcpctl.component",
  /** Of the container's spec, without these labels. */
  specHash: "io.mcpctl.spec-hash",
  /** The number of the deployment that made it. */
  deployment: "io.mcpctl.deployment",
  /** The id of the operation that made it. */
  operation: "io.mcpctl.operation",
  /** The variables whose values are secrets, each with the path of its file, as JSON: no value of them is ever shown. */
  secrets: "io.mcpctl.secrets",
} as const;

/** What finds all containers of a node's name; a machine may have several agents, and several of them one name. */
export function labelsOfNode(node: string): Readonly<Record<string, string>> {
  return { [LABELS.managed]: "true", [LABELS.node]: node };
}
