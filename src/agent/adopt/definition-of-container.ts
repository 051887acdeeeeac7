import { isSecretKey } from "../../core/redact.ts";
import type { ContainerInfo, ImageInfo } from "../../runtime/runtime.ts";
import { parseLabelKey, parseVariable } from "../../service-definition/env-rules.ts";
import { parseImageReference } from "../../service-definition/image-reference.ts";
import { parseNetwork, parseUser } from "../../service-definition/name-rules.ts";
import { formatPortMapping, parsePortMapping } from "../../service-definition/port-mapping.ts";
import type { ComponentDefinition, PortMapping, Resources, VolumeMount } from "../../service-definition/service-definition.ts";
import { formatVolumeMount, parseVolumeMount } from "../../service-definition/volume-mount.ts";
import { secretsOf } from "../component/labelled.ts";
import { commandOfContainer } from "./command-of-container.ts";
import type { Findings } from "./findings.ts";
import { hardeningOfContainer, isParsed } from "./hardening-of-container.ts";

const DEFAULT_NETWORKS = new Set(["", "bridge", "podman", "default"]);
const LOOPBACK = "127.0.0.1";
/** What engines set in every container, and its value then; undefined: another one in each. */
const ENGINE_VARIABLES: Readonly<Record<string, readonly string[] | undefined>> = {
  HOSTNAME: undefined,
  container: undefined,
  TERM: ["xterm"],
  HOME: ["/", "/root"],
  PATH: ["/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
};
const OWN_LABELS = "io.mcpctl.";
/** By this podman's units know their containers, and its auto-update restarts them. */
const UNIT_LABEL = "PODMAN_SYSTEMD_UNIT";
const MIN_MEMORY_BYTES = 6 * 2 ** 20;

export interface FoundDefinition extends Findings {
  readonly component: ComponentDefinition;
}

/**
 * The definition by which a container like this one is made. What its image says anyway is left out; what it has beyond
 * the default hardening is written down. `image`: the one it was made of, undefined where it is not here any more;
 * `reference`: what the definition calls it.
 *
 * Health checks and dependencies are not in a container: they have to be written by hand. So are secrets, but for those of a
 * container that an agent has made.
 */
export function definitionOfContainer(
  name: string,
  info: ContainerInfo,
  image: ImageInfo | undefined,
  reference: string = info.image,
): FoundDefinition {
  const { spec } = info;
  const findings: Findings = { unsayable: info.loosened.map((what) => `it has what no component gets: ${what}`), notes: [] };
  if (!isParsed(() => parseImageReference(reference))) findings.unsayable.push(`its image ${JSON.stringify(reference)} has no name`);
  const { hardening, pids } = hardeningOfContainer(spec, findings);
  const component: ComponentDefinition = {
    name,
    image: reference,
    ...networkOf(info, findings),
    ...userOf(info, image, findings),
    ports: portsOf(info, findings),
    volumes: volumesOf(info, image, findings),
    ...commandOfContainer(spec, image, findings),
    env: envOf(info, image, findings),
    secrets: secretsOf(info),
    labels: labelsOf(info, image, findings),
    dependsOn: [],
    resources: resourcesOf(info, pids, findings),
    stopTimeoutMs: spec.stopTimeoutMs,
    hardening,
  };
  return { component, ...findings };
}

function networkOf({ spec: { network } }: ContainerInfo, findings: Findings): Pick<ComponentDefinition, "network"> {
  if (DEFAULT_NETWORKS.has(network)) return {};
  if (!isParsed(() => parseNetwork(network))) findings.unsayable.push(`its network is ${network}`);
  return { network };
}

function userOf({ spec: { user } }: ContainerInfo, image: ImageInfo | undefined, findings: Findings): Pick<ComponentDefinition, "user"> {
  if (user === undefined || user === "" || user === image?.user) return {};
  if (!isParsed(() => parseUser(user))) findings.unsayable.push(`its user is ${JSON.stringify(user)}`);
  return { user };
}

function portsOf({ spec: { ports } }: ContainerInfo, findings: Findings): readonly PortMapping[] {
  return ports.flatMap(({ hostAddress, hostPort, containerPort, protocol }) => {
    const address = hostAddress === "" ? "0.0.0.0" : hostAddress;
    const port = { hostPort, ...(address === LOOPBACK ? {} : { hostAddress: address }), containerPort, protocol };
    if (isParsed(() => parsePortMapping(formatPortMapping(port)))) return [port];
    findings.notes.push(`its port ${hostPort}:${containerPort} cannot be written in a definition`);
    return [];
  });
}

/** What is in a volume without a name is not there in a new container, and no definition can name it. */
function volumesOf(
  { spec: { mounts, imageVolumes } }: ContainerInfo,
  image: ImageInfo | undefined,
  findings: Findings,
): readonly VolumeMount[] {
  const nameless = (image?.volumes ?? []).filter(
    (target) => imageVolumes === "anonymous" && mounts.every((mount) => mount.target !== target),
  );
  for (const target of nameless)
    findings.notes.push(`what is in its volume at ${target}, which has no name, does not go to a new container`);
  return mounts.flatMap(({ source, target, readOnly }) => {
    const volume = { source, target, readOnly };
    if (isParsed(() => parseVolumeMount(formatVolumeMount(volume)))) return [volume];
    findings.unsayable.push(`it mounts ${source} at ${target}`);
    return [];
  });
}

function envOf(info: ContainerInfo, image: ImageInfo | undefined, findings: Findings): Readonly<Record<string, string>> {
  const secrets = secretsOf(info);
  const own = Object.entries(info.spec.env).filter(
    ([key, value]) => image?.env[key] !== value && !isEngines(key, value) && !Object.hasOwn(secrets, key),
  );
  for (const [key] of own) {
    if (!isParsed(() => parseVariable(key))) findings.notes.push(`its variable ${JSON.stringify(key)} cannot be written in a definition`);
    else if (isSecretKey(key)) findings.notes.push(`the value of ${key} stands in its definition; move it to a secret`);
  }
  return Object.fromEntries(own.filter(([key]) => isParsed(() => parseVariable(key))));
}

function isEngines(key: string, value: string): boolean {
  if (!Object.hasOwn(ENGINE_VARIABLES, key)) return false;
  const values = ENGINE_VARIABLES[key];
  return values === undefined || values.includes(value);
}

function labelsOf({ labels }: ContainerInfo, image: ImageInfo | undefined, findings: Findings): Readonly<Record<string, string>> {
  const own = Object.entries(labels).filter(
    ([key, value]) => !key.startsWith(OWN_LABELS) && key !== UNIT_LABEL && image?.labels[key] !== value,
  );
  if (Object.hasOwn(labels, UNIT_LABEL)) findings.notes.push(`the unit ${labels[UNIT_LABEL]} runs it too; disable it`);
  const known = own.filter(([key]) => isParsed(() => parseLabelKey(key)));
  if (known.length < own.length) findings.notes.push(`${own.length - known.length} of its labels cannot be written in a definition`);
  return Object.fromEntries(known);
}

function resourcesOf({ spec }: ContainerInfo, pids: number | undefined, findings: Findings): Resources {
  const { memoryBytes = 0, cpuMillis = 0 } = spec;
  if (memoryBytes > 0 && memoryBytes < MIN_MEMORY_BYTES) findings.unsayable.push(`it has ${memoryBytes} bytes of memory at most`);
  return {
    ...(memoryBytes > 0 ? { memoryBytes } : {}),
    ...(cpuMillis > 0 ? { cpuMillis } : {}),
    ...(pids === undefined ? {} : { pids }),
  };
}
