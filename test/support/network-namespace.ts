import { randomBytes, randomInt } from "node:crypto";

export const NO_NAMESPACES = "this machine gives no network namespaces (they take root and iproute2)";

function ip(...argv: readonly string[]): boolean {
  const program = Bun.which("ip", { PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` });
  return program !== null && Bun.spawnSync([program, ...argv], { stdout: "ignore", stderr: "ignore" }).success;
}

function must(...argv: readonly string[]): void {
  if (!ip(...argv)) throw new Error(`ip ${argv.join(" ")} has failed`);
}

const newName = () => `mct${randomBytes(4).toString("hex")}`;

/** Whether network namespaces can be made here, and linked. */
export function hasNetworkNamespaces(): boolean {
  try {
    openNetworkNamespace().close();
    return true;
  } catch {
    return false;
  }
}

/** A network of its own with one cable to this machine, as a node elsewhere has one. */
export interface NetworkNamespace {
  /** This machine, as it is seen from within. */
  readonly hostAddress: string;
  /** What is within, as this machine sees it. */
  readonly address: string;
  /** The command that runs this one within, by the same process. */
  within(command: readonly string[]): string[];
  /** From now on nothing that comes is answered, and nobody is told. Returns what ends that. */
  fallSilent(): () => void;
  /** Pulls the cable at its far end. Returns what puts it in again. */
  pullCable(): () => void;
  /** Takes the network away; nothing may run within any more. */
  close(): void;
}

/** Addresses are of 198.18.0.0/15, which is nobody's (RFC 2544). Throws where that is not allowed. */
export function openNetworkNamespace(): NetworkNamespace {
  const [name, cable] = [newName(), newName()];
  const net = `198.${18 + randomInt(2)}.${randomInt(256)}`;
  const last = 4 * randomInt(63);
  const [hostAddress, address] = [`${net}.${last + 1}`, `${net}.${last + 2}`];
  must("netns", "add", name);
  try {
    must("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name);
    must("address", "add", `${hostAddress}/30`, "dev", cable);
    must("link", "set", cable, "up");
    must("-n", name, "address", "add", `${address}/30`, "dev", "eth0");
    must("-n", name, "link", "set", "eth0", "up");
    must("-n", name, "link", "set", "lo", "up");
  } catch (thrown) {
    ip("netns", "delete", name);
    throw thrown;
  }
  return {
    hostAddress,
    address,
    within: (command) => ["ip", "netns", "exec", name, ...command],
    fallSilent() {
      must("-n", name, "route", "add", "blackhole", hostAddress);
      return () => must("-n", name, "route", "delete", "blackhole", hostAddress);
    },
    pullCable() {
      must("-n", name, "link", "set", "eth0", "down");
      return () => must("-n", name, "link", "set", "eth0", "up");
    },
    // Its end of the cable goes with it, and with that the other.
    close: () => must("netns", "delete", name),
  };
}
