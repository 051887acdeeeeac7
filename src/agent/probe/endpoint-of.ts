import type { ContainerInfo } from "../../runtime/runtime.ts";
import type { Endpoint } from "./probe-ports.ts";

/**
 * Where a port of a container is reached from this machine: at the container's own address, else where the port is
 * published (a rootless container has no address that leads anywhere). Undefined: nowhere.
 */
export function endpointOf(container: Pick<ContainerInfo, "addresses" | "spec" | "loosened">, port: number): Endpoint | undefined {
  const own = container.addresses[0];
  if (own !== undefined) return { host: own, port };
  if (container.loosened.includes("host network")) return { host: "127.0.0.1", port };
  const published = container.spec.ports.find((mapping) => mapping.containerPort === port && mapping.protocol === "tcp");
  if (published === undefined || published.hostPort === 0) return undefined;
  return { host: dialable(published.hostAddress), port: published.hostPort };
}

/** `http://` URL of a path there. */
export function urlOf({ host, port }: Endpoint, path: string): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}${path.startsWith("/") ? path : `/${path}`}`;
}

/** What listens on every address is reached at loopback. */
function dialable(address: string): string {
  if (address === "" || address === "0.0.0.0") return "127.0.0.1";
  return address === "::" ? "::1" : address;
}
