import { expect, test } from "bun:test";
import type { ContainerInfo, ContainerSpec, ImageInfo } from "../../runtime/runtime.ts";
import { componentFixture } from "../registry/registry.fixture.ts";
import { containerSpecOf } from "./container-spec-of.ts";
import { diffOf } from "./diff-of.ts";

const IMAGE: ImageInfo = {
  id: "sha256:aaaaaaaaaaaaaaaa",
  digest: "sha256:d",
  size: 1,
  entrypoint: ["/server"],
  cmd: ["serve"],
  env: { FROM_IMAGE: "1" },
  user: "10001",
  exposedPorts: [],
  volumes: ["/image-volume"],
  labels: {},
};
const PORT = { hostPort: 8080, containerPort: 80, protocol: "tcp" } as const;
const component = componentFixture({
  env: { A: "b", API_TOKEN: "t" },
  secrets: { KEY: "keys/a" },
  ports: [PORT],
  volumes: [{ source: "/srv/web/data", target: "/data", readOnly: true }],
  labels: { note: "x" },
  resources: { memoryBytes: 1000, cpuMillis: 500 },
  hardening: { profile: "strict", tmpfs: ["/scratch:size=16m"], capDrop: [], capAdd: ["NET_RAW"], securityOpt: ["label=disable"] },
});
const spec = containerSpecOf({ service: "web", component, imageId: IMAGE.id, secrets: { KEY: "hush" } });

/** As an engine tells of a container that was made from the spec, with what it adds by itself. */
const MADE: ContainerSpec = {
  ...spec,
  network: "podman",
  user: "10001",
  entrypoint: ["/server"],
  cmd: ["serve"],
  env: { ...spec.env, FROM_IMAGE: "1", PATH: "/bin", HOME: "/", HOSTNAME: "h", TERM: "xterm", container: "podman" },
  labels: { ...spec.labels, "org.image": "x" },
  mounts: [...spec.mounts, { kind: "volume", source: "f00", target: "/image-volume", readOnly: false }],
  tmpfs: [
    { target: "/scratch", options: ["size=16m", "nosuid", "nodev"] },
    { target: "/tmp", options: [] },
    { target: "/run", options: [] },
  ],
  capDrop: [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
  ],
  securityOpt: ["label=disable", "seccomp=/usr/share/default.json"],
};
const container = (change: Partial<ContainerSpec> = {}, more: Partial<ContainerInfo> = {}) => ({
  spec: { ...MADE, ...change },
  image: "registry.test/web/api:v1",
  imageId: "aaaaaaaaaaaaaaaa",
  labels: {},
  restartPolicy: "no",
  loosened: [],
  ...more,
});
const diff = (have: ReturnType<typeof container>) => diffOf({ spec, imageName: component.image, image: IMAGE, secrets: ["KEY"] }, have);

test("what an engine and an image add by themselves is no difference", () => {
  expect(diff(container())).toEqual([]);
  expect(diff(container({}, { restartPolicy: "" }))).toEqual([]);
});

test.each([
  [
    "image",
    container({}, { imageId: "b".repeat(64) }),
    "registry.test/web/api:v1 (aaaaaaaaaaaa)",
    "registry.test/web/api:v1 (bbbbbbbbbbbb)",
  ],
  ["restart_policy", container({}, { restartPolicy: "always" }), "no", "always"],
  ["loosened", container({}, { loosened: ["privileged", "host pid"] }), "", "privileged, host pid"],
  ["network", container({ network: "back" }), "bridge", "back"],
  ["user", container({ user: "0" }), "", "0"],
  ["ports", container({ ports: [] }), "127.0.0.1:8080:80/tcp", ""],
  ["ports", container({ ports: [{ ...PORT, hostAddress: "0.0.0.0" }] }), "127.0.0.1:8080:80/tcp", "0.0.0.0:8080:80/tcp"],
  ["entrypoint", container({ entrypoint: ["/other"] }), "/server", "/other"],
  ["cmd", container({ cmd: ["serve", "--debug"] }), "serve", "serve --debug"],
  ["env.A", container({ env: { ...MADE.env, A: "c" } }), "b", "c"],
  ["env.MORE", container({ env: { ...MADE.env, MORE: "x" } }), "(not set)", "x"],
  ["env.KEY", container({ env: { ...MADE.env, KEY: "other" } }), "[redacted]", "[redacted]"],
  ["env.API_TOKEN", container({ env: { ...MADE.env, API_TOKEN: "other" } }), "[redacted]", "[redacted]"],
  ["volumes /data", container({ mounts: [] }), "/srv/web/data (read-only)", "(none)"],
  [
    "volumes /more",
    container({ mounts: [...MADE.mounts, { kind: "bind", source: "/etc", target: "/more", readOnly: false }] }),
    "(none)",
    "/etc",
  ],
  [
    "tmpfs /scratch",
    container({
      tmpfs: [
        { target: "/scratch", options: ["size=1g"] },
        { target: "/tmp", options: [] },
      ],
    }),
    "size=16m",
    "size=1g",
  ],
  ["tmpfs /more", container({ tmpfs: [...MADE.tmpfs, { target: "/more", options: [] }] }), "(none)", ""],
  ["capabilities", container({ capAdd: ["NET_RAW", "SYS_ADMIN"] }), "NET_RAW", "NET_RAW, SYS_ADMIN"],
  ["read_only", container({ readOnly: false }), "yes", "no"],
  ["no_new_privileges", container({ noNewPrivileges: false }), "yes", "no"],
  [
    "security_opt",
    container({ securityOpt: ["label=disable", "seccomp=unconfined"] }),
    "label=disable",
    "label=disable, seccomp=unconfined",
  ],
  ["resources.memory", container({ memoryBytes: 2000 }), "1000", "2000"],
  ["resources.cpus", container({ cpuMillis: 0 }), "500", "(none)"],
  ["resources.pids", container({ pids: 2048 }), "256", "2048"],
  ["labels.note", container({ labels: {} }), "x", "(not set)"],
])("a change of %s by hand is named", (field, have, want, has) => {
  expect(diff(have)).toEqual([{ field, want, have: has }]);
});

test("an image that is not here yet differs from every container's", () => {
  const found = diffOf({ spec, imageName: "registry.test/far:1", image: undefined, secrets: [] }, container());
  expect(found[0]).toEqual({
    field: "image",
    want: "registry.test/far:1 (not on this node yet)",
    have: "registry.test/web/api:v1 (aaaaaaaaaaaa)",
  });
});
