import { isIP } from "node:net";
import { oneLine } from "../core/one-line.ts";
import { invalidDefinition } from "./invalid-definition.ts";
import type { PortMapping } from "./service-definition.ts";

const PORT = /^(?:(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]+):)?(\d{1,5}):)?(\d{1,5})(?:\/(tcp|udp))?$/;

/**
 * `[address:]host:container[/tcp|udp]`, or `container[/tcp|udp]` alone for one that only the agent's proxy reaches.
 * An IPv6 address stands in brackets. Throws `invalid`/`SERVICE_DEFINITION_INVALID`.
 */
export function parsePortMapping(text: string): PortMapping {
  const match = PORT.exec(text);
  if (match === null) {
    throw invalidDefinition(
      `'${oneLine(text, 80)}' is no port`,
      'write "8080:80", "0.0.0.0:8080:80/tcp", or "80" where only the agent\'s proxy is to reach it',
    );
  }
  const [, address, host, container = "", protocol] = match;
  return {
    ...(host === undefined ? {} : { hostPort: portNumber(host) }),
    ...(address === undefined ? {} : { hostAddress: parseAddress(address) }),
    containerPort: portNumber(container),
    protocol: protocol === "udp" ? "udp" : "tcp",
  };
}

/** The text that gives this mapping again. */
export function formatPortMapping(port: PortMapping): string {
  const { hostAddress = "", hostPort } = port;
  const address = hostAddress.includes(":") ? `[${hostAddress}]` : hostAddress;
  const host = hostPort === undefined ? "" : `${address === "" ? "" : `${address}:`}${hostPort}:`;
  return `${host}${port.containerPort}${port.protocol === "udp" ? "/udp" : ""}`;
}

/** Whether both want the same port of the node. */
export function clashOnHost(one: PortMapping, other: PortMapping): boolean {
  if (one.hostPort === undefined || one.hostPort !== other.hostPort || one.protocol !== other.protocol) return false;
  const [a, b] = [addressOf(one), addressOf(other)];
  return a === b || isEveryAddress(a) || isEveryAddress(b);
}

/** Where the port is open; loopback unless it says otherwise. */
export function addressOf(port: PortMapping): string {
  return port.hostAddress ?? "127.0.0.1";
}

function isEveryAddress(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

function portNumber(text: string): number {
  const port = Number(text);
  if (port >= 1 && port <= 65_535) return port;
  throw invalidDefinition(`${text} is no port: ports are 1 to 65535`);
}

function parseAddress(text: string): string {
  const address = text.replace(/^\[|\]$/g, "").toLowerCase();
  if (isIP(address) !== 0 && text.startsWith("[") === (isIP(address) === 6)) return address;
  throw invalidDefinition(`'${oneLine(text, 80)}' is no address`, "write an IP address, such as 127.0.0.1 or [::1]");
}
