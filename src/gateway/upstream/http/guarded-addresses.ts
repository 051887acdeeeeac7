import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { type AddressAllowance, classifyAddress, isAllowedAddress } from "../../../core/address-guard.ts";

/** The addresses of a name, in the order in which they are to be tried. Throws where there are none. */
export type LookUp = (hostname: string) => Promise<readonly string[]>;

/**
 * Finds the addresses to which connections to a host may go. Every address that the name has now must be allowed:
 * a name that leads to an inner address too is refused whole. Who dials one of them, and asks no resolver again, goes
 * where was looked (DNS rebinding). Lookings-up at the same moment are one.
 *
 * Throws with the reason for people; `hostname` is that of a WHATWG URL, without brackets.
 */
export function guardedAddresses(
  hostname: string,
  allowance: AddressAllowance,
  lookUp: LookUp = systemLookUp,
): () => Promise<readonly string[]> {
  const fixed = isIP(hostname) === 0 ? LOCALHOST.test(hostname) && LOOPBACK : [hostname];
  if (fixed !== false) return async () => requireAllowed(fixed, allowance, hostname);
  let looking: Promise<readonly string[]> | undefined;
  return () => {
    looking ??= lookUp(hostname)
      .then((addresses) => requireAllowed(addresses, allowance, hostname))
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };
}

/** This machine, whatever a resolver says (RFC 6761 section 6.3). */
const LOCALHOST = /^(.+\.)?localhost\.?$/;
const LOOPBACK = ["127.0.0.1", "::1"];

function requireAllowed(addresses: readonly string[], allowance: AddressAllowance, hostname: string): readonly string[] {
  const denied = addresses.find((address) => !isAllowedAddress(address, allowance));
  if (denied !== undefined) {
    const kind = classifyAddress(denied);
    throw new Error(`the address ${denied}${denied === hostname ? "" : ` of ${hostname}`} is not allowed: it is ${kind}`);
  }
  if (addresses.length === 0) throw new Error(`the name ${hostname} has no address`);
  return addresses;
}

async function systemLookUp(hostname: string): Promise<readonly string[]> {
  try {
    return (await lookup(hostname, { all: true })).map(({ address }) => address);
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    throw new Error(`the name ${hostname} could not be looked up: ${String(code ?? cause)}`, { cause });
  }
}
