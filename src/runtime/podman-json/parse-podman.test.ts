import { expect, test } from "bun:test";
import { parsePodmanContainer, parsePodmanEvent, parsePodmanImage, parsePodmanList } from "./parse-podman.ts";
import { PODMAN_4, PODMAN_5 } from "./podman-4.fixture.ts";

test.each([
  ["4", PODMAN_4],
  ["5", PODMAN_5],
])("what podman %s says of a container is read to the same", (_, value) => {
  expect(parsePodmanContainer(value)).toEqual({
    id: "2a4d5b2d6e056b8e78c0286953be25d0cbbcee150ce1c61623ef2fddb3e78e0c",
    name: "api",
    image: "localhost/api:1",
    state: "exited",
    labels: { "io.mcpctl.managed": "true" },
    createdAt: new Date("2026-11-29T02:12:40.102Z"),
    imageDigest: "sha256:f97145069a4e047b27974a2368adab90ccca429f13adf5e0e3cfaee92e3ca627",
    imageId: "4ea2629d6841ec082478247ba4bae6bd6ef53f0bbeea405b97a1ffdde859b97b",
    startedAt: new Date("2026-11-29T02:12:40.590Z"),
    finishedAt: new Date("2026-11-29T02:12:50.596Z"),
    exitCode: 137,
    oomKilled: true,
    pid: 0,
    monitorPid: undefined,
    addresses: [],
    spec: {
      name: "api",
      image: "localhost/api:1",
      network: "bridge",
      user: "10001:10001",
      ports: [{ hostAddress: "127.0.0.1", hostPort: 33055, containerPort: 8080, protocol: "tcp" }],
      mounts: [
        { kind: "bind", source: "/srv/api", target: "/data", readOnly: false },
        { kind: "volume", source: "data", target: "/vol", readOnly: true },
      ],
      tmpfs: [{ target: "/tmp", options: ["size=16m", "mode=1777"] }],
      entrypoint: ["/bin/my server", "--mode", "x"],
      cmd: ["serve"],
      env: { SECRET: "x=y" },
      labels: { "io.mcpctl.managed": "true" },
      memoryBytes: 268435456,
      cpuMillis: 500,
      pids: 64,
      readOnly: true,
      capAdd: ["NET_BIND_SERVICE"],
      capDrop: ["ALL"],
      noNewPrivileges: true,
      securityOpt: ["seccomp=unconfined"],
      imageVolumes: "ignore",
      stopTimeoutMs: 3000,
    },
    restartPolicy: "no",
    loosened: [],
  });
});

test("an exit that was not for memory is told from one that was, and one that runs has no exit code", () => {
  const withState = (state: object) => parsePodmanContainer({ ...PODMAN_4, State: { ...(PODMAN_4.State as object), ...state } });
  expect(withState({ OOMKilled: false })).toMatchObject({ exitCode: 137, oomKilled: false });
  expect(withState({ Status: "running", Pid: 7, ConmonPid: 6, ExitCode: 0 })).toMatchObject({ exitCode: undefined, pid: 7, monitorPid: 6 });
  expect(withState({ Status: "configured", StartedAt: "0001-01-01T00:00:00Z" })).toMatchObject({ state: "created", exitCode: undefined });
  expect(withState({ Status: "stopped" })).toMatchObject({ state: "exited" });
  expect(withState({ Status: "something new" })).toMatchObject({ state: "unknown" });
});

test("volumes that the engine has named by itself are no mounts of the spec", () => {
  const Mounts = [{ Type: "volume", Name: "a".repeat(64), Source: "/x", Destination: "/var", RW: true }];
  expect(parsePodmanContainer({ ...PODMAN_4, Mounts }).spec).toMatchObject({ mounts: [], imageVolumes: "anonymous" });
});

test("privileges that may be gained after all are told from those that may not, in every spelling", () => {
  const isSet = (option: string) =>
    parsePodmanContainer({ ...PODMAN_4, HostConfig: { ...(PODMAN_4.HostConfig as object), SecurityOpt: [option] } }).spec.noNewPrivileges;
  expect(["no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"].map(isSet)).toEqual([true, true, true]);
  expect(["no-new-privileges:false", "no-new-privileges=false", "seccomp=x"].map(isSet)).toEqual([false, false, false]);
});

test("what loosens a container is named", () => {
  const HostConfig = {
    ...(PODMAN_4.HostConfig as object),
    Privileged: true,
    NetworkMode: "host",
    PidMode: "container:abc",
    UsernsMode: "host",
    Devices: [{}],
  };
  const { loosened } = parsePodmanContainer({ ...PODMAN_4, HostConfig, Pod: "p1" });
  expect(loosened).toEqual(["privileged", "host network", "host user", "shared pid", "devices", "pod"]);
});

test("an answer that is not what podman says is a failure with the place", () => {
  expect(() => parsePodmanContainer({ ...PODMAN_4, Id: 5 })).toThrow(/at Id/);
  expect(() => parsePodmanList([{}])).toThrow(/RUNTIME|as expected/);
});

test("an image without a manifest has its own configuration's digest", () => {
  expect(parsePodmanImage({ Id: "ab", Digest: null, Config: null })).toMatchObject({
    id: "ab",
    digest: "sha256:ab",
    entrypoint: [],
    env: {},
  });
});

test("events are read in both of podman's forms, and those of other things are left out", () => {
  const attributes = { image: "x", name: "api", containerExitCode: "3", podId: "", "io.mcpctl.service": "api" };
  const rest = { Type: "container", Action: "died", Actor: { ID: "id1", Attributes: attributes }, time: 1, timeNano: 1_500_000_000 };
  const expected = { action: "died", containerId: "id1", containerName: "api", exitCode: 3, labels: { "io.mcpctl.service": "api" } };
  expect(parsePodmanEvent(rest)).toEqual({ ...expected, at: new Date(1500) });
  const line = { ID: "id1", Name: "api", Status: "died", Time: "1970-01-01T00:00:01.5Z", Type: "container", ContainerExitCode: 3 };
  expect(parsePodmanEvent({ ...line, Attributes: { "io.mcpctl.service": "api" } })).toEqual({ ...expected, at: new Date(1500) });
  expect(parsePodmanEvent({ ...line, ContainerExitCode: undefined })).toMatchObject({ exitCode: 0 });
  expect(parsePodmanEvent({ ...line, Status: "start" })).toMatchObject({ action: "start", exitCode: undefined });
  expect(parsePodmanEvent({ ...line, Type: "image" })).toBeUndefined();
});
