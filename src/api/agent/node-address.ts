import { AppError } from "../../core/app-error.ts";

/** Where an agent listens that was not told otherwise. */
export const AGENT_PORT = 9444;

export interface NodeAddress {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
}

const HOST_NAME = /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/;
const IPV6 = /^[0-9A-Fa-f:.]{2,45}(%[A-Za-z0-9]+)?$/;

/** `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`. Throws `invalid`/`NODE_ADDRESS_INVALID`. */
export function parseNodeAddress(text: string): NodeAddress {
  const [, six, name, portText] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const port = portText === undefined ? AGENT_PORT : Number(portText);
  const usable = (six !== undefined && IPV6.test(six) && six.includes(":")) || (name !== undefined && HOST_NAME.test(name));
  if (usable && port >= 1 && port <= 65_535) return { host: six ?? name ?? "", port };
  throw new AppError("invalid", "NODE_ADDRESS_INVALID", `'${text}' is no address of an agent`, {
    hint: `write HOST or HOST:PORT, an IPv6 address in brackets; without a port it is ${AGENT_PORT}`,
  });
}

export function formatNodeAddress({ host, port }: NodeAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
