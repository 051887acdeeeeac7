import { isSecretKey, REDACTED } from "../../core/redact.ts";
import { effectiveCapabilities } from "../../runtime/effective-capabilities.ts";
import type { ContainerInfo, ContainerMount, ContainerPort, ContainerSpec, ImageInfo } from "../../runtime/runtime.ts";
import type { FieldDiff } from "../agent-use-cases.ts";
import { secretsOf } from "./labelled.ts";

export interface DiffInput {
  readonly spec: ContainerSpec;
  /** How people call the image that is wanted. */
  readonly imageName: string;
  /** The image that is wanted; undefined where it is not here, and so differs from every container's. */
  readonly image: ImageInfo | undefined;
  /** Variables whose values are never shown. */
  readonly secrets: readonly string[];
}

type Have = Pick<ContainerInfo, "spec" | "image" | "imageId" | "labels" | "restartPolicy" | "loosened">;

/** What engines set by themselves. */
const ENGINE_VARIABLES = new Set(["PATH", "HOME", "HOSTNAME", "TERM", "container"]);
/** What podman mounts by itself where the root is read-only. */
const ENGINE_TMPFS = new Set(["/dev/shm", "/run", "/tmp", "/var/tmp"]);
const DEFAULT_NETWORKS = new Set(["", "bridge", "podman", "default"]);

/**
 * Where a container differs from what is wanted, by the names that the definition has for it; nothing where it does not.
 * What an image or an engine adds by itself is no difference. Values of secrets are not shown.
 */
export function diffOf(want: DiffInput, have: Have): readonly FieldDiff[] {
  const { spec, image } = want;
  const has = have.spec;
  return [
    ...imageDiff(want, have),
    ...textDiff("restart_policy", "no", have.restartPolicy === "" ? "no" : have.restartPolicy),
    ...textDiff("loosened", "", have.loosened.join(", ")),
    ...textDiff("network", networkOf(spec), networkOf(has)),
    ...(spec.user === undefined && [undefined, "", image?.user].includes(has.user)
      ? []
      : textDiff("user", spec.user ?? "", has.user ?? "")),
    ...portDiff(spec.ports, has.ports),
    ...commandDiff("entrypoint", spec.entrypoint ?? image?.entrypoint, has.entrypoint),
    // An entrypoint of its own does away with the image's command.
    ...commandDiff("cmd", spec.cmd ?? (spec.entrypoint === undefined ? image?.cmd : undefined), has.cmd),
    ...envDiff(want, have),
    ...mountDiff(want, has.mounts),
    ...tmpfsDiff(spec, has),
    ...hardeningDiff(spec, has),
    ...textDiff("resources.memory", numberText(spec.memoryBytes), numberText(has.memoryBytes)),
    ...textDiff("resources.cpus", numberText(spec.cpuMillis), numberText(has.cpuMillis)),
    // Without a wish the engine's own limit holds, and every engine has another.
    ...(spec.pids === undefined ? [] : textDiff("resources.pids", numberText(spec.pids), numberText(has.pids))),
    ...labelDiff(spec.labels, has.labels),
  ];
}

function textDiff(field: string, want: string, have: string): readonly FieldDiff[] {
  return want === have ? [] : [{ field, want, have }];
}

function imageDiff({ imageName, image }: DiffInput, have: Have): readonly FieldDiff[] {
  if (image !== undefined && plainId(image.id) === plainId(have.imageId)) return [];
  const want = image === undefined ? `${imageName} (not on this node yet)` : `${imageName} (${shortId(image.id)})`;
  return [{ field: "image", want, have: `${have.image} (${shortId(have.imageId)})` }];
}

function plainId(id: string): string {
  return id.replace(/^sha256:/, "");
}

function shortId(id: string): string {
  return plainId(id).slice(0, 12);
}

function networkOf({ network }: ContainerSpec): string {
  return DEFAULT_NETWORKS.has(network) ? "bridge" : network;
}

function portDiff(want: readonly ContainerPort[], have: readonly ContainerPort[]): readonly FieldDiff[] {
  const anyHostPort = new Set(
    want.filter((port) => port.hostPort === 0).map(({ containerPort, protocol }) => `${containerPort}/${protocol}`),
  );
  const text = (ports: readonly ContainerPort[]) =>
    ports
      .map((port) => portText(port, anyHostPort))
      .sort()
      .join(", ");
  return textDiff("ports", text(want), text(have));
}

function portText({ hostAddress, hostPort, containerPort, protocol }: ContainerPort, anyHostPort: ReadonlySet<string>): string {
  const inside = `${containerPort}/${protocol}`;
  return `${hostAddress === "" ? "0.0.0.0" : hostAddress}:${anyHostPort.has(inside) ? "any" : hostPort}:${inside}`;
}

/** An engine that says nothing has taken the image's, and one that says it in one line had it in words. */
function commandDiff(field: string, want: readonly string[] | undefined, have: readonly string[] | undefined): readonly FieldDiff[] {
  if (have === undefined || want === undefined) return have === undefined || have.length === 0 ? [] : textDiff(field, "", have.join(" "));
  return textDiff(field, want.join(" "), have.join(" "));
}

function envDiff({ spec, image, secrets }: DiffInput, container: Have): readonly FieldDiff[] {
  const have = container.spec.env;
  // What was a secret when the container was made is one, whatever the definition says now.
  const hidden = new Set([...secrets, ...Object.keys(secretsOf(container))]);
  const fromImage = image?.env ?? {};
  const wanted = Object.keys(spec.env);
  const added = Object.keys(have).filter(
    (key) => !Object.hasOwn(spec.env, key) && fromImage[key] !== have[key] && !ENGINE_VARIABLES.has(key) && image !== undefined,
  );
  return [...wanted, ...added].sort().flatMap((key) => {
    const [want, has] = [spec.env[key], have[key]];
    if (want === has) return [];
    const shown = (value: string | undefined) =>
      value === undefined ? "(not set)" : hidden.has(key) || isSecretKey(key) ? REDACTED : value;
    return [{ field: `env.${key}`, want: shown(want), have: shown(has) }];
  });
}

function mountDiff({ spec, image }: DiffInput, have: readonly ContainerMount[]): readonly FieldDiff[] {
  const wanted = new Map(spec.mounts.map((mount) => [mount.target, mountText(mount)]));
  const has = new Map(have.map((mount) => [mount.target, mountText(mount)]));
  const fromImage = new Set(image?.volumes ?? []);
  const targets = [...new Set([...wanted.keys(), ...has.keys()])].sort();
  return targets
    .filter((target) => wanted.has(target) || !fromImage.has(target))
    .flatMap((target) => textDiff(`volumes ${target}`, wanted.get(target) ?? "(none)", has.get(target) ?? "(none)"));
}

function mountText({ source, readOnly }: ContainerMount): string {
  return `${source}${readOnly ? " (read-only)" : ""}`;
}

/** Engines add options of their own, and some tell none at all. */
function tmpfsDiff(spec: ContainerSpec, have: ContainerSpec): readonly FieldDiff[] {
  const has = new Map(have.tmpfs.map(({ target, options }) => [target, options]));
  const missing = spec.tmpfs.flatMap(({ target, options }) => {
    const told = has.get(target);
    if (told === undefined) return [{ field: `tmpfs ${target}`, want: options.join(",") || "(defaults)", have: "(none)" }];
    const lacking = told.length === 0 ? [] : options.filter((option) => /[=]|^(ro|noexec)$/.test(option) && !told.includes(option));
    return lacking.length === 0 ? [] : [{ field: `tmpfs ${target}`, want: options.join(","), have: told.join(",") }];
  });
  const wanted = new Set(spec.tmpfs.map(({ target }) => target));
  const added = [...has.keys()].filter((target) => !wanted.has(target) && !ENGINE_TMPFS.has(target));
  return [...missing, ...added.map((target) => ({ field: `tmpfs ${target}`, want: "(none)", have: (has.get(target) ?? []).join(",") }))];
}

function hardeningDiff(spec: ContainerSpec, have: ContainerSpec): readonly FieldDiff[] {
  const yesNo = (value: boolean) => (value ? "yes" : "no");
  // What only the engine says may be a profile of its own, unless it loosens something.
  const loose = (option: string) => /(=unconfined|=disable)$/.test(option);
  const options = (from: readonly string[], other: readonly string[]) =>
    from
      .filter((option) => spec.securityOpt.includes(option) || loose(option) || other.includes(option))
      .sort()
      .join(", ");
  return [
    ...textDiff("capabilities", effectiveCapabilities(spec).join(", "), effectiveCapabilities(have).join(", ")),
    ...textDiff("read_only", yesNo(spec.readOnly), yesNo(have.readOnly)),
    ...textDiff("no_new_privileges", yesNo(spec.noNewPrivileges), yesNo(have.noNewPrivileges)),
    ...textDiff("security_opt", options(spec.securityOpt, have.securityOpt), options(have.securityOpt, spec.securityOpt)),
    ...(spec.userns === undefined ? [] : textDiff("userns", spec.userns, have.userns ?? "")),
  ];
}

/** Engines say 0 where there is no limit. */
function numberText(value: number | undefined): string {
  return value === undefined || value === 0 ? "(none)" : String(value);
}

function labelDiff(want: ContainerSpec["labels"], have: ContainerSpec["labels"]): readonly FieldDiff[] {
  return Object.keys(want)
    .sort()
    .flatMap((key) => textDiff(`labels.${key}`, want[key] ?? "", have[key] ?? "(not set)"));
}
