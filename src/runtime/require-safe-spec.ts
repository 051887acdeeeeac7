import { isIP } from "node:net";
import type { ContainerSpec } from "./runtime.ts";
import { specRefused } from "./runtime-errors.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/;
const VARIABLE = /^[^=\0\s]+$/;
const CAPABILITY = /^[A-Z][A-Z_]*$/;
const SECURITY_OPTION = /^(seccomp|apparmor|label)=[^\0\s]+$/;
const TMPFS_OPTION = /^[a-z]+(=[a-zA-Z0-9%]+)?$/;
const NAMESPACE_OF_ITS_OWN = /^(auto|keep-id|nomap|private)(:[a-zA-Z0-9=,]+)?$/;

/**
 * The last gate before an engine, whoever asked: every driver's `create` passes it. A container shares no namespace with
 * the host or with another container, and no field of a spec can carry a second option to the engine.
 * Which folders may be bound is the agent's to decide, not this file's. Throws `invalid`/`CONTAINER_SPEC_REFUSED`.
 */
export function requireSafeSpec(spec: ContainerSpec): void {
  const problem = firstProblem(spec);
  if (problem !== undefined) throw specRefused(problem);
}

function firstProblem(spec: ContainerSpec): string | undefined {
  if (!NAME.test(spec.name)) return `${JSON.stringify(spec.name)} is no name of a container`;
  if (spec.image === "" || /^-|[\0\s]/.test(spec.image)) return `${JSON.stringify(spec.image)} is no reference of an image`;
  return problemOfNamespaces(spec) ?? problemOfPrivileges(spec) ?? problemOfMounts(spec) ?? problemOfPorts(spec) ?? problemOfText(spec);
}

function problemOfNamespaces({ network, userns }: ContainerSpec): string | undefined {
  if (network === "host" || !NAME.test(network))
    return `the network is none, bridge or the name of one, and not ${JSON.stringify(network)}`;
  if (userns !== undefined && !NAMESPACE_OF_ITS_OWN.test(userns)) return `the user namespace ${JSON.stringify(userns)} is not its own`;
  return undefined;
}

function problemOfPrivileges({ capAdd, capDrop, securityOpt }: ContainerSpec): string | undefined {
  const capability = [...capAdd, ...capDrop].find((each) => !CAPABILITY.test(each));
  if (capability !== undefined) return `${JSON.stringify(capability)} is no capability`;
  if (capAdd.includes("ALL")) return "no container gets all capabilities";
  const option = securityOpt.find((each) => !SECURITY_OPTION.test(each));
  return option === undefined ? undefined : `the security option ${JSON.stringify(option)} is not one of seccomp, apparmor and label`;
}

function problemOfMounts({ mounts, tmpfs }: ContainerSpec): string | undefined {
  for (const { kind, source, target } of mounts) {
    if (!isPlainPath(target)) return `${JSON.stringify(target)} is no place to mount at`;
    if (kind === "bind" ? !isPlainPath(source) : !NAME.test(source)) return `${JSON.stringify(source)} is no source of a mount`;
  }
  for (const { target, options } of tmpfs) {
    if (!isPlainPath(target)) return `${JSON.stringify(target)} is no place to mount at`;
    const option = options.find((each) => !TMPFS_OPTION.test(each));
    if (option !== undefined) return `${JSON.stringify(option)} is no option of a tmpfs`;
  }
  return undefined;
}

/** Absolute, without `..`, and without what separates options on a command line. */
function isPlainPath(path: string): boolean {
  return path.startsWith("/") && !/[\0\n:,]/.test(path) && !path.split("/").includes("..");
}

function problemOfPorts({ ports }: ContainerSpec): string | undefined {
  for (const { hostAddress, hostPort, containerPort } of ports) {
    if (isIP(hostAddress) === 0) return `${JSON.stringify(hostAddress)} is no address`;
    if (!isPort(hostPort) || !isPort(containerPort) || containerPort === 0) return `${hostPort}:${containerPort} are no ports`;
  }
  return undefined;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}

function problemOfText(spec: ContainerSpec): string | undefined {
  const variable = Object.keys(spec.env).find((each) => !VARIABLE.test(each));
  if (variable !== undefined) return `${JSON.stringify(variable)} is no name of a variable`;
  const words = [
    ...(spec.entrypoint ?? []),
    ...(spec.cmd ?? []),
    spec.user ?? "",
    ...Object.values(spec.env),
    ...Object.values(spec.labels),
  ];
  if (words.some((each) => each.includes("\0"))) return "a word, a value or a label holds NUL";
  const label = Object.keys(spec.labels).find((each) => !VARIABLE.test(each));
  return label === undefined ? undefined : `${JSON.stringify(label)} is no name of a label`;
}
