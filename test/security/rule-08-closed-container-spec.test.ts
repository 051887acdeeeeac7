import { expect, test } from "bun:test";
import fc from "fast-check";
import { createBodyOf } from "../../src/runtime/docker/create-body.ts";
import { containerSpec } from "../../src/runtime/fake/container-spec.fixture.ts";
import { FakeRuntime } from "../../src/runtime/fake/fake-runtime.fixture.ts";
import { specGeneratorOf } from "../../src/runtime/libpod/spec-generator.ts";
import { argvOf } from "../../src/runtime/podman-cli/argv-of.ts";
import { requireSafeSpec } from "../../src/runtime/require-safe-spec.ts";
import type { ContainerSpec } from "../../src/runtime/runtime.ts";

const spec = (change: Partial<ContainerSpec> = {}) => containerSpec({ name: "web", image: "localhost/web:1", ...change });

const refused = (change: Partial<ContainerSpec>) => {
  try {
    requireSafeSpec(spec(change));
    return false;
  } catch {
    return true;
  }
};

/** Every field that a spec has, set. */
const FULL = spec({
  network: "mesh",
  user: "1:1",
  ports: [{ hostAddress: "127.0.0.1", hostPort: 1, containerPort: 2, protocol: "tcp" }],
  mounts: [{ kind: "bind", source: "/a", target: "/b", readOnly: false }],
  tmpfs: [{ target: "/tmp", options: ["size=1m"] }],
  entrypoint: ["/x"],
  cmd: ["y"],
  env: { A: "1" },
  labels: { b: "2" },
  memoryBytes: 1 << 20,
  cpuMillis: 100,
  pids: 5,
  readOnly: true,
  capDrop: ["ALL"],
  capAdd: ["CHOWN"],
  noNewPrivileges: true,
  securityOpt: ["label=disable"],
  userns: "auto",
});

/** What loosens a container, in the words of the three engines. */
const LOOSE_KEYS =
  /^(privileged|devices?|device_.*|host_device_list|pidns|ipcns|utsns|cgroupns|pid_?mode|ipc_?mode|uts_?mode|cgroupns_?mode|volumes_?from|sysctls?|links|oci_?runtime|runtime|extra_?hosts|cgroup_?parent|group_?add|groups|unmask|masked_?paths|readonly_?paths|rootfs|secrets?|secret_env)$/i;

test("no driver has a word for what loosens a container, whatever the spec is", () => {
  for (const body of [specGeneratorOf(FULL), createBodyOf(FULL)]) {
    const loose = everyKey(body).filter(([key, value]) => LOOSE_KEYS.test(key) && value !== false);
    expect(loose).toEqual([]);
  }
  const { argv } = argvOf(FULL);
  const flags = argv.slice(0, argv.indexOf(FULL.image)).filter((word) => word.startsWith("--"));
  expect(flags.filter((flag) => LOOSE_KEYS.test(flag.replace(/^--/, "").replace(/=.*/, "").replaceAll("-", "_")))).toEqual([]);
  expect(flags.filter((flag) => /^--(pid|ipc|uts|cgroupns|cgroups|device|privileged|volumes-from|mount)\b/.test(flag))).toEqual([]);
});

test("a field that the spec does not know goes nowhere", () => {
  const smuggled = {
    ...FULL,
    privileged: true,
    devices: ["/dev/kvm"],
    pid: "host",
    pidns: { nsmode: "host" },
    HostConfig: { Privileged: true },
  };
  expect(specGeneratorOf(smuggled)).toEqual(specGeneratorOf(FULL));
  expect(createBodyOf(smuggled)).toEqual(createBodyOf(FULL));
  expect(argvOf(smuggled)).toEqual(argvOf(FULL));
});

test.each([
  { network: "host" },
  { network: "container:other" },
  { network: "ns:/proc/1/ns/net" },
  { network: "--network=host" },
  { network: "" },
  { userns: "host" },
  { userns: "container:other" },
  { userns: "ns:/proc/1/ns/user" },
  { capAdd: ["ALL"] },
  { capAdd: ["--privileged"] },
  { securityOpt: ["unmask=ALL"] },
  { securityOpt: ["systempaths=unconfined"] },
  { securityOpt: ["seccomp=x y"] },
  { name: "--privileged" },
  { name: "a/../b" },
  { image: "--privileged" },
  { image: "" },
  { mounts: [{ kind: "bind", source: "/srv/../etc", target: "/x", readOnly: true }] },
  { mounts: [{ kind: "bind", source: "relative", target: "/x", readOnly: true }] },
  { mounts: [{ kind: "bind", source: "/a:/b:shared", target: "/x", readOnly: true }] },
  { mounts: [{ kind: "volume", source: "/etc", target: "/x", readOnly: false }] },
  { tmpfs: [{ target: "/tmp", options: ["size=1m,suid"] }] },
  { ports: [{ hostAddress: "0.0.0.0:1", hostPort: 1, containerPort: 1, protocol: "tcp" }] },
  { env: { "A=B": "c" } },
  { cmd: ["a\0b"] },
] satisfies readonly Partial<ContainerSpec>[])("a spec with %j is refused", (change) => {
  expect(refused(change)).toBe(true);
});

test("ordinary specs are not refused", () => {
  requireSafeSpec(FULL);
  for (const userns of ["auto", "keep-id", "nomap", "auto:size=65536", "keep-id:uid=1,gid=1"]) expect(refused({ userns })).toBe(false);
  for (const securityOpt of [["seccomp=unconfined"], ["apparmor=docker-default"], ["label=type:container_t"]])
    expect(refused({ securityOpt })).toBe(false);
});

test("what a spec may hold as text never becomes an option of podman", () =>
  fc.assert(
    fc.property(
      fc.array(fc.string()),
      fc.dictionary(fc.string(), fc.string()),
      fc.dictionary(fc.string(), fc.string()),
      (cmd, env, labels) => {
        const made = spec({ cmd, env, labels });
        if (refused(made)) return;
        const { argv } = argvOf(made);
        const bare = argvOf(spec()).argv;
        const options = (words: readonly string[]) => words.slice(0, words.lastIndexOf("localhost/web:1", words.length - cmd.length - 1));
        const known = new Set([...options(bare), "--env", "--label", "--env-file"]);
        const names = new Set([...Object.keys(env), ...Object.entries(labels).map(([name, value]) => `${name}=${value}`), "{env-file}"]);
        // Each word is one of ours, or the value right behind the flag it belongs to.
        argv.slice(0, argv.length - cmd.length - 1).forEach((word, at, all) => {
          expect(known.has(word) || (names.has(word) && ["--env", "--label", "--env-file"].includes(all[at - 1] ?? ""))).toBe(true);
        });
      },
    ),
  ));

test("a driver refuses before it does anything", async () => {
  const fake = new FakeRuntime();
  fake.addImage("localhost/web:1");
  await expect(fake.create(spec({ network: "host" }))).rejects.toMatchObject({ code: "invalid", reason: "CONTAINER_SPEC_REFUSED" });
  expect(fake.names).toEqual([]);
});

function everyKey(value: unknown): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) return value.flatMap(everyKey);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[key, inner] as const, ...everyKey(inner)]);
}
