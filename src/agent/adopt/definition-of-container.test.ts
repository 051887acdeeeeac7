import { expect, test } from "bun:test";
import fc from "fast-check";
import type { ContainerInfo, ContainerSpec, ImageInfo } from "../../runtime/runtime.ts";
import { soundDefinition } from "../../service-definition/definition.fixture.ts";
import { looseningsOf } from "../../service-definition/loosenings.ts";
import { readWrittenService } from "../../service-definition/read-written-service.ts";
import type { ComponentDefinition } from "../../service-definition/service-definition.ts";
import { toWritten } from "../../service-definition/to-written.ts";
import { containerSpecOf } from "../component/container-spec-of.ts";
import { diffOf } from "../component/diff-of.ts";
import { LABELS } from "../component/labels.ts";
import { containerInfo } from "../probe/container-info.fixture.ts";
import { definitionOfContainer } from "./definition-of-container.ts";

const IMAGE: ImageInfo = {
  id: "1".repeat(64),
  digest: `sha256:${"2".repeat(64)}`,
  size: 1,
  entrypoint: ["/server"],
  cmd: ["--listen", "8080"],
  env: { PATH: "/bin", MODE: "prod" },
  user: "10001",
  exposedPorts: [8080],
  volumes: ["/data"],
  labels: { "org.opencontainers.image.title": "ha" },
};

/** As `podman run IMAGE` makes it. */
const PLAIN: Partial<ContainerSpec> = {
  user: "10001",
  entrypoint: ["/server"],
  cmd: ["--listen", "8080"],
  env: { PATH: "/bin", MODE: "prod", HOSTNAME: "c1", container: "podman", TERM: "xterm", HOME: "/root" },
  pids: 2048,
  noNewPrivileges: false,
  network: "podman",
  imageVolumes: "ignore",
};

function info(spec: Partial<ContainerSpec>, more: Partial<Omit<ContainerInfo, "spec">> = {}): ContainerInfo {
  return containerInfo({ imageId: IMAGE.id, labels: spec.labels ?? {}, ...more, spec: { ...PLAIN, ...spec } });
}

/** Fields in which a deploy of the definition would change the container. */
function changedBy(component: ComponentDefinition, container: ContainerInfo): readonly string[] {
  const spec = containerSpecOf({ service: "s", component, imageId: container.imageId, secrets: {} });
  return diffOf({ spec, image: IMAGE, imageName: component.image, secrets: [] }, container).map(({ field }) => field);
}

const definitionOf = (spec: Partial<ContainerSpec>, more: Partial<Omit<ContainerInfo, "spec">> = {}) =>
  definitionOfContainer("api", info(spec, more), IMAGE);

test("a container that says nothing beyond its image gives a definition that says nothing but its loosening", () => {
  const { component, notes, unsayable } = definitionOf({});
  expect(component).toEqual({
    name: "api",
    image: "localhost/ha:1",
    ports: [],
    volumes: [],
    cmd: [],
    entrypoint: [],
    env: {},
    secrets: {},
    labels: {},
    dependsOn: [],
    resources: {},
    stopTimeoutMs: 10_000,
    hardening: { profile: "trusted", tmpfs: [], capDrop: [], capAdd: [], securityOpt: [] },
  });
  expect([notes, unsayable]).toEqual([[], []]);
  expect(looseningsOf(component)).not.toEqual([]);
});

const VARIED: Readonly<Record<string, readonly [Partial<ContainerSpec>, Partial<ComponentDefinition>]>> = {
  "ports of loopback, of every address and of UDP": [
    {
      ports: [
        { hostAddress: "127.0.0.1", hostPort: 8080, containerPort: 80, protocol: "tcp" },
        { hostAddress: "", hostPort: 8081, containerPort: 81, protocol: "tcp" },
        { hostAddress: "::1", hostPort: 53, containerPort: 53, protocol: "udp" },
      ],
    },
    {
      ports: [
        { hostPort: 8080, containerPort: 80, protocol: "tcp" },
        { hostPort: 8081, hostAddress: "0.0.0.0", containerPort: 81, protocol: "tcp" },
        { hostPort: 53, hostAddress: "::1", containerPort: 53, protocol: "udp" },
      ],
    },
  ],
  "binds, and volumes of which one is the image's": [
    {
      mounts: [
        { kind: "bind", source: "/srv/s/conf", target: "/conf", readOnly: true },
        { kind: "volume", source: "state", target: "/state", readOnly: false },
        { kind: "volume", source: "data", target: "/data", readOnly: false },
      ],
    },
    {
      volumes: [
        { source: "/srv/s/conf", target: "/conf", readOnly: true },
        { source: "state", target: "/state", readOnly: false },
        { source: "data", target: "/data", readOnly: false },
      ],
    },
  ],
  "an entrypoint in words": [
    { entrypoint: ["/bin/sh", "-c"], cmd: ["a b"] },
    { entrypoint: ["/bin/sh", "-c"], cmd: ["a b"] },
  ],
  "an entrypoint in one line": [
    { entrypoint: ["/bin/sh -c"], cmd: ["x"] },
    { entrypoint: ["/bin/sh", "-c"], cmd: ["x"] },
  ],
  "the image's entrypoint without its arguments": [{ cmd: [] }, { entrypoint: ["/server"], cmd: [] }],
  "other arguments": [{ cmd: ["--debug"] }, { entrypoint: [], cmd: ["--debug"] }],
  "variables of its own": [
    { env: { PATH: "/opt/bin:/bin", MODE: "test", HOME: "/data", A: "1=2\n3", HOSTNAME: "c1" } },
    { env: { PATH: "/opt/bin:/bin", MODE: "test", HOME: "/data", A: "1=2\n3" } },
  ],
  "another user and a network": [
    { user: "0:0", network: "shop_net" },
    { user: "0:0", network: "shop_net" },
  ],
  "no network": [{ network: "none" }, { network: "none" }],
  limits: [{ memoryBytes: 64 * 2 ** 20, cpuMillis: 250, pids: 32 }, { resources: { memoryBytes: 64 * 2 ** 20, cpuMillis: 250, pids: 32 } }],
  "a read-only root with a tmpfs": [
    {
      readOnly: true,
      tmpfs: [
        { target: "/run", options: [] },
        { target: "/cache", options: ["rw", "size=16m", "rprivate"] },
      ],
    },
    { hardening: { profile: "trusted", readOnly: true, tmpfs: ["/cache:rw,size=16m"], capDrop: [], capAdd: [], securityOpt: [] } },
  ],
  "hardened by hand": [
    { capDrop: ["ALL"], capAdd: ["NET_BIND_SERVICE"], noNewPrivileges: true, pids: 256 },
    { hardening: { profile: "default", tmpfs: [], capDrop: [], capAdd: ["NET_BIND_SERVICE"], securityOpt: [] } },
  ],
  "some capabilities less and one more": [
    { capDrop: ["SETUID", "CHOWN"], capAdd: ["SYS_TIME"], securityOpt: ["seccomp=unconfined", "apparmor=containers-default-0.50.1"] },
    {
      hardening: { profile: "trusted", tmpfs: [], capDrop: ["CHOWN", "SETUID"], capAdd: ["SYS_TIME"], securityOpt: ["seccomp=unconfined"] },
    },
  ],
  "no new privileges, and as many processes as it likes": [
    { noNewPrivileges: true, pids: 0 },
    { hardening: { profile: "trusted", tmpfs: [], capDrop: [], capAdd: [], securityOpt: ["no-new-privileges"] } },
  ],
  "a user namespace and a slow end": [
    { userns: "auto", stopTimeoutMs: 90_000 },
    { stopTimeoutMs: 90_000, hardening: { profile: "trusted", tmpfs: [], capDrop: [], capAdd: [], securityOpt: [], userns: "auto" } },
  ],
  "labels of its own, of its image, of ours and of a unit": [
    { labels: { team: "a", "org.opencontainers.image.title": "ha", [LABELS.service]: "x", PODMAN_SYSTEMD_UNIT: "ha.service" } },
    { labels: { team: "a" } },
  ],
};

test.each(Object.keys(VARIED))("%s: written down, and a deploy would change nothing", (what) => {
  const [spec, expected] = VARIED[what] ?? [{}, {}];
  const { component, unsayable } = definitionOf(spec);
  expect(component).toMatchObject(expected);
  expect(unsayable).toEqual([]);
  expect(changedBy(component, info(spec))).toEqual([]);
  const service = { name: "s", node: "rift", active: true, selfHeal: "heal" as const, comment: "", components: [component] };
  expect(readWrittenService(toWritten(service), { name: "export" })).toEqual(service);
});

test("what no component gets is said, and is not left out in silence", () => {
  const refused = (spec: Partial<ContainerSpec>, loosened: readonly string[] = []) => definitionOf(spec, { loosened }).unsayable;
  expect(refused({}, ["privileged", "host pid"])).toEqual([
    "it has what no component gets: privileged",
    "it has what no component gets: host pid",
  ]);
  expect(refused({ network: "host" })).toEqual(["its network is host"]);
  expect(refused({ capAdd: ["ALL"] })).toEqual(["it has all capabilities"]);
  expect(refused({ mounts: [{ kind: "bind", source: "/x", target: "/proc/x", readOnly: false }] })).toEqual(["it mounts /x at /proc/x"]);
  expect(refused({ securityOpt: ["unmask=ALL"] })).toEqual(["it has the security option unmask=ALL"]);
  expect(definitionOfContainer("api", info({}, { image: "<none>" }), IMAGE).unsayable).toEqual(['its image "<none>" has no name']);
});

test("a volume without a name is noted: what is in it stays behind", () => {
  expect(definitionOf({ imageVolumes: "anonymous" }).notes).toEqual([expect.stringContaining("its volume at /data, which has no name")]);
  const mounts = [{ kind: "volume", source: "data", target: "/data", readOnly: false }] as const;
  expect(definitionOf({ imageVolumes: "anonymous", mounts }).notes).toEqual([]);
});

test("secrets in variables, a unit that runs it too and a split line are noted", () => {
  expect(definitionOf({ entrypoint: ["/a b"], env: { DB_PASSWORD: "x" }, labels: { PODMAN_SYSTEMD_UNIT: "ha.service" } }).notes).toEqual([
    "its entrypoint is told in one line, which was split at the spaces",
    "the value of DB_PASSWORD stands in its definition; move it to a secret",
    "the unit ha.service runs it too; disable it",
  ]);
});

test("a container that was made by a definition gives one that would change nothing in it", () => {
  fc.assert(
    fc.property(soundDefinition, ({ components }) => {
      for (const declared of components) {
        const spec = containerSpecOf({ service: "s", component: { ...declared, secrets: {} }, imageId: IMAGE.id, secrets: {} });
        const { name: _, image: __, ...rest } = spec;
        const filled = {
          entrypoint: spec.entrypoint ?? IMAGE.entrypoint,
          cmd: spec.cmd ?? (spec.entrypoint === undefined ? IMAGE.cmd : []),
        };
        const container = containerInfo({ imageId: IMAGE.id, image: declared.image, labels: spec.labels, spec: { ...rest, ...filled } });
        const { component, unsayable } = definitionOfContainer(declared.name, container, IMAGE);
        expect(unsayable).toEqual([]);
        expect(changedBy(component, container)).toEqual([]);
      }
    }),
    { numRuns: 150 },
  );
});
