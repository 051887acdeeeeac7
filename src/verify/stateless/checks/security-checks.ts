import { effectiveCapabilities } from "../../../runtime/effective-capabilities.ts";
import { defineCheck } from "../check.ts";
import type { ContainerView } from "../observations.ts";
import { STATELESS } from "../stateless-spec.ts";
import type { Violation } from "../violation.ts";

/** File systems that keep nothing: memory, and views of the kernel. */
const KEEPS_NOTHING = new Set(["tmpfs", "proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2", "devtmpfs"]);
/** Engines put these over the root for names and name resolution. */
const OF_ENGINE = new Set([
  "/etc/hostname",
  "/etc/hosts",
  "/etc/resolv.conf",
  "/etc/passwd",
  "/etc/group",
  "/run/.containerenv",
  "/.dockerenv",
]);

/** As `inspect` shows it. */
function securityOptions({ info }: ContainerView): string {
  const { noNewPrivileges, securityOpt } = info.spec;
  return `SecurityOpt=[${[...(noNewPrivileges ? ["no-new-privileges"] : []), ...securityOpt].join(" ")}]`;
}

export const noNewPrivileges = defineCheck({
  id: "no-new-privileges",
  scenario: "Security hardening",
  title: "no process can gain privileges",
  needs: [],
  find: ({ container }): readonly Violation[] => {
    const kernelAllows = container.kernel?.noNewPrivileges === false;
    if (container.info.spec.noNewPrivileges && !kernelAllows) return [];
    return [
      {
        title: "Container allows privilege escalation",
        expected: "SecurityOpt contains 'no-new-privileges:true'",
        actual: kernelAllows ? `${securityOptions(container)}, NoNewPrivs of its process is 0` : securityOptions(container),
        requirements: ["processes cannot gain more privileges than they started with"],
        remedy: { fix: "add --security-opt=no-new-privileges:true to the run command (allowPrivilegeEscalation: false on Kubernetes)" },
        risk: "a set-uid program in the image makes whoever breaks into the server root in the container",
      },
    ];
  },
});

export const noCapabilities = defineCheck({
  id: "cap-drop-all",
  scenario: "Security hardening",
  title: "all capabilities are dropped",
  needs: [],
  find: ({ container: { info, kernel } }): readonly Violation[] => {
    const kept = effectiveCapabilities(info.spec);
    const bits = kernel?.capabilities ?? 0n;
    if (kept.length === 0 && bits === 0n) return [];
    return [
      {
        title: "Container keeps Linux capabilities",
        expected: "CapDrop contains 'ALL', and nothing is added",
        actual: kept.length > 0 ? `kept: ${kept.join(", ")}` : `the kernel's sets hold 0x${bits.toString(16)}`,
        requirements: ["a server needs no capability at all"],
        remedy: { fix: "add --cap-drop=ALL to the run command, remove --cap-add, and listen on a port above 1023" },
        risk: "capabilities widen what a broken-into server may do to the host's kernel",
      },
    ];
  },
});

export const readOnlyRoot = defineCheck({
  id: "read-only-root",
  scenario: "Security hardening",
  title: "the root file system is read-only",
  needs: [],
  find: ({ container: { info, kernel } }): readonly Violation[] => {
    const root = kernel?.mounts.find(({ target }) => target === "/");
    const isReadOnly = info.spec.readOnly && root?.writable !== true;
    if (isReadOnly) return [];
    return [
      {
        title: "Container has a writable root filesystem",
        expected: "ReadonlyRootfs=true",
        actual: `ReadonlyRootfs=${info.spec.readOnly}${root?.writable === true ? ", and the kernel mounts / rw" : ""}`,
        requirements: ["nothing is written to the container's own layer", `only ${STATELESS.tmpfs.join(", ")} can be written to, as tmpfs`],
        remedy: { fix: "add --read-only to the run command (readOnlyRootFilesystem: true on Kubernetes)" },
      },
    ];
  },
});

export const onlyTmpfsWritable = defineCheck({
  id: "only-tmpfs-writable",
  scenario: "Security hardening",
  title: "every mount that can be written to is tmpfs",
  needs: [],
  find: ({ container }): readonly Violation[] => {
    const found = writableMounts(container);
    if (found.length === 0) return [];
    return [
      {
        title: "Container has writable mounts that are not tmpfs",
        expected: "no volume and no bind mount that can be written to",
        actual: `${found.length} writable ${found.length === 1 ? "mount" : "mounts"}`,
        found,
        requirements: ["tmpfs for temporary storage only", "no data outlives the container"],
        remedy: {
          recommendations: [
            "mount it read-only, or as tmpfs",
            "run with --image-volume=ignore where the image declares VOLUME",
            "keep what must last in a database or an object store",
          ],
        },
      },
    ];
  },
});

function writableMounts({ info, kernel }: ContainerView): readonly string[] {
  const asked = info.spec.mounts.filter(({ readOnly }) => !readOnly);
  const known = new Set(asked.map(({ target }) => target));
  const seen = (kernel?.mounts ?? []).filter(
    ({ target, fsType, writable }) =>
      writable && target !== "/" && !KEEPS_NOTHING.has(fsType) && !OF_ENGINE.has(target) && !known.has(target),
  );
  // Without the kernel's word the engine's is all there is, and it does not say where.
  const unnamed = info.spec.imageVolumes === "anonymous" && kernel === undefined ? ["a volume that the image declares"] : [];
  return [
    ...asked.map(({ target, kind, source }) => `${target} (${kind} ${source})`),
    ...seen.map(({ target, fsType }) => `${target} (${fsType}, from a volume or a folder of the host)`),
    ...unnamed,
  ];
}

export const nothingLoosened = defineCheck({
  id: "nothing-loosened",
  scenario: "Security hardening",
  title: "no privileged mode, no namespace or device of the host, system calls filtered",
  needs: [],
  find: ({ container: { info, kernel } }): readonly Violation[] => {
    const unconfined = info.spec.securityOpt.filter((option) => /^(seccomp|apparmor)=unconfined$|^label=disable$/.test(option));
    const unfiltered = kernel?.seccomp === 0 && unconfined.length === 0 ? ["no seccomp filter"] : [];
    const found = [...info.loosened, ...unconfined, ...unfiltered];
    if (found.length === 0) return [];
    return [
      {
        title: "Container is not isolated from its host",
        expected: "namespaces of its own, no devices, the engine's seccomp profile",
        actual: found.join(", "),
        requirements: ["a container shares nothing with its host that it could change"],
        remedy: {
          fix: "remove --privileged, --device, --network=host, --pid=host, --ipc=host and seccomp=unconfined from the run command",
        },
        risk: "whoever breaks into the server is on the host",
      },
    ];
  },
});
