import { DEFAULT_PIDS } from "./hardening.ts";
import { addressOf, formatPortMapping } from "./port-mapping.ts";
import type { ComponentDefinition } from "./service-definition.ts";

/** Where a component is looser than the default, a sentence for each; empty where it is not. For plans, status and doctor. */
export function looseningsOf(component: ComponentDefinition): readonly string[] {
  return [
    ...ofProfile(component),
    ...ofCapabilities(component),
    ...ofSecurityOptions(component),
    ...ofUser(component),
    ...ofPorts(component),
  ];
}

function ofProfile({ hardening, resources }: ComponentDefinition): readonly string[] {
  const { profile, capDrop, securityOpt } = hardening;
  const { pids } = resources;
  const many = pids !== undefined && pids > DEFAULT_PIDS ? [`It may have ${pids} processes; the default is ${DEFAULT_PIDS}.`] : [];
  if (profile !== "trusted") return many;
  return [
    ...(capDrop.includes("ALL") ? [] : ["It keeps the capabilities that the engine gives by default (profile trusted)."]),
    ...(securityOpt.includes("no-new-privileges") ? [] : ["It may gain new privileges, as by setuid programs (profile trusted)."]),
    ...(pids === undefined ? ["Its processes are limited by the engine alone (profile trusted)."] : many),
  ];
}

function ofCapabilities({ hardening }: ComponentDefinition): readonly string[] {
  return hardening.capAdd.map((name) => `It has the capability ${name}.`);
}

function ofSecurityOptions({ hardening }: ComponentDefinition): readonly string[] {
  const sentences: Readonly<Record<string, string>> = {
    "seccomp=unconfined": "Its system calls are not filtered (seccomp=unconfined).",
    "apparmor=unconfined": "AppArmor does not confine it (apparmor=unconfined).",
    "label=disable": "SELinux does not confine it (label=disable).",
  };
  return hardening.securityOpt.flatMap((option) => sentences[option] ?? other(option));
}

/** A profile of somebody's own may be tighter or looser: nobody here can tell. */
function other(option: string): readonly string[] {
  return /^(seccomp|apparmor|label)=/.test(option) ? [`It has a security profile of its own (${option}).`] : [];
}

function ofUser({ user, hardening }: ComponentDefinition): readonly string[] {
  const isRoot = user !== undefined && /^(0+|root)(:|$)/.test(user);
  return [
    ...(isRoot ? [`It runs as root in its container (user ${user}).`] : []),
    ...(hardening.userns === "host" ? ["It has no user namespace of its own (userns host)."] : []),
  ];
}

function ofPorts({ ports }: ComponentDefinition): readonly string[] {
  return ports
    .filter((port) => port.hostPort !== undefined && !isLoopback(addressOf(port)))
    .map((port) => `Its port is open beyond this node ('${formatPortMapping(port)}').`);
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
