import { AppError } from "../../core/app-error.ts";
import type { ContainerSpec } from "../../runtime/runtime.ts";
import { containerNamesOf } from "../component/container-names.ts";
import { LABELS, labelsOfNode } from "../component/labels.ts";
import { isForeign } from "../component/ownership-of.ts";
import { portsClash } from "./clash-of.ts";
import type { EngineDeps } from "./engine-deps.ts";

/** Says whose the port is: another component's, a container of ours that nobody has any more, or a stranger's. */
export async function explainPortTaken(
  { runtime, registry, node, agent }: Pick<EngineDeps, "runtime" | "registry" | "node" | "agent">,
  container: { readonly id: string; readonly spec: Pick<ContainerSpec, "ports"> },
  taken: AppError,
): Promise<AppError> {
  const ours = (await runtime.list({ labels: labelsOfNode(node) })).filter((each) => !isForeign(each, { node, agent }));
  const others = ours.filter(({ id, state }) => id !== container.id && state === "running");
  for (const { name, labels } of others) {
    const other = await runtime.inspect(name);
    const port = other?.spec.ports.find((theirs) => container.spec.ports.some((mine) => portsClash(mine, theirs)));
    if (port === undefined) continue;
    const [service = "", component = ""] = [labels[LABELS.service], labels[LABELS.component]];
    const known = await registry.component(service, component);
    const isOrphan = known === undefined || containerNamesOf(service, component).current !== name;
    return isOrphan ? heldByOrphan(port.hostPort, name, taken) : heldByComponent(port.hostPort, `${service}/${component}`, taken);
  }
  return new AppError("conflict", "PORT_TAKEN", `${taken.message}; who has it is no container of this agent`, {
    hint: "stop what listens there, or give the component another host port",
    cause: taken,
  });
}

function heldByComponent(port: number, component: string, cause: AppError): AppError {
  return new AppError("conflict", "PORT_HELD_BY_COMPONENT", `The host port ${port} is that of the component ${component}`, {
    hint: "give one of the two another host port",
    cause,
  });
}

function heldByOrphan(port: number, name: string, cause: AppError): AppError {
  return new AppError(
    "conflict",
    "PORT_HELD_BY_ORPHAN",
    `The host port ${port} is held by ${name}, a container that no component has any more`,
    {
      hint: `remove it: podman rm -f ${name}`,
      cause,
    },
  );
}
