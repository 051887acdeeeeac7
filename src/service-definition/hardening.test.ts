import { expect, test } from "bun:test";
import { smallComponent } from "./definition.fixture.ts";
import { hardeningOf } from "./hardening.ts";
import { looseningsOf } from "./loosenings.ts";
import type { Hardening } from "./service-definition.ts";

const hardening = (written: Partial<Hardening>): Hardening => ({
  profile: "default",
  tmpfs: [],
  capDrop: [],
  capAdd: [],
  securityOpt: [],
  ...written,
});
const TMP = { target: "/tmp", options: ["rw", "nosuid", "nodev", "size=64m", "mode=1777"] };

test("by default every capability goes, no privilege can be gained, and processes are limited", () => {
  const component = smallComponent();
  expect(hardeningOf(component)).toEqual({
    readOnly: false,
    tmpfs: [],
    capDrop: ["ALL"],
    capAdd: [],
    noNewPrivileges: true,
    securityOpt: [],
    pids: 256,
    imageVolumes: "anonymous",
  });
  expect(looseningsOf(component)).toEqual([]);
});

test("what is written is added to the profile", () => {
  const component = smallComponent({
    resources: { pids: 32 },
    hardening: hardening({
      readOnly: true,
      tmpfs: ["/run:size=8m"],
      capDrop: ["NET_RAW"],
      capAdd: ["NET_BIND_SERVICE"],
      securityOpt: ["no-new-privileges", "seccomp=/srv/p.json"],
      userns: "auto",
    }),
  });
  expect(hardeningOf(component)).toEqual({
    readOnly: true,
    tmpfs: [{ target: "/run", options: ["size=8m"] }],
    capDrop: ["ALL"],
    capAdd: ["NET_BIND_SERVICE"],
    noNewPrivileges: true,
    securityOpt: ["seccomp=/srv/p.json"],
    userns: "auto",
    pids: 32,
    imageVolumes: "anonymous",
  });
});

test("strict has a read-only root and a /tmp in memory, unless something else is mounted there", () => {
  expect(hardeningOf(smallComponent({ hardening: hardening({ profile: "strict" }) }))).toMatchObject({
    readOnly: true,
    tmpfs: [TMP],
    capDrop: ["ALL"],
    noNewPrivileges: true,
    pids: 256,
    imageVolumes: "anonymous",
  });
  const own = smallComponent({ hardening: hardening({ profile: "strict", tmpfs: ["/tmp:noexec"] }) });
  expect(hardeningOf(own).tmpfs).toEqual([{ target: "/tmp", options: ["noexec"] }]);
  const volume = smallComponent({
    volumes: [{ source: "scratch", target: "/tmp", readOnly: false }],
    hardening: hardening({ profile: "strict" }),
  });
  expect(hardeningOf(volume).tmpfs).toEqual([]);
});

test("stateless is strict, and ignores volumes that the image declares", () => {
  const component = smallComponent({ hardening: hardening({ profile: "stateless" }) });
  expect(hardeningOf(component)).toMatchObject({ readOnly: true, tmpfs: [TMP], capDrop: ["ALL"], imageVolumes: "ignore" });
  expect(looseningsOf(component)).toEqual([]);
});

test("trusted leaves everything to the engine but what is written, and each loosening is said", () => {
  const component = smallComponent({ hardening: hardening({ profile: "trusted" }) });
  expect(hardeningOf(component)).toEqual({
    readOnly: false,
    tmpfs: [],
    capDrop: [],
    capAdd: [],
    noNewPrivileges: false,
    securityOpt: [],
    imageVolumes: "anonymous",
  });
  expect(looseningsOf(component)).toEqual([
    "It keeps the capabilities that the engine gives by default (profile trusted).",
    "It may gain new privileges, as by setuid programs (profile trusted).",
    "Its processes are limited by the engine alone (profile trusted).",
  ]);
  const tightened = hardening({ profile: "trusted", capDrop: ["ALL"], securityOpt: ["no-new-privileges"] });
  const again = smallComponent({ resources: { pids: 100 }, hardening: tightened });
  expect(hardeningOf(again)).toMatchObject({ capDrop: ["ALL"], noNewPrivileges: true, pids: 100, securityOpt: [] });
  expect(looseningsOf(again)).toEqual([]);
});

test("whatever else is looser than the default is a sentence", () => {
  const component = smallComponent({
    user: "0:0",
    ports: [
      { hostPort: 80, hostAddress: "0.0.0.0", containerPort: 8080, protocol: "tcp" },
      { hostPort: 81, hostAddress: "127.0.0.1", containerPort: 8081, protocol: "tcp" },
      { hostPort: 82, containerPort: 8082, protocol: "tcp" },
      { containerPort: 8083, protocol: "tcp" },
    ],
    resources: { pids: 1000 },
    hardening: hardening({
      capAdd: ["SYS_ADMIN"],
      securityOpt: ["seccomp=unconfined", "apparmor=unconfined", "label=disable", "label=type:spc_t", "no-new-privileges"],
      userns: "host",
    }),
  });
  expect(looseningsOf(component)).toEqual([
    "It may have 1000 processes; the default is 256.",
    "It has the capability SYS_ADMIN.",
    "Its system calls are not filtered (seccomp=unconfined).",
    "AppArmor does not confine it (apparmor=unconfined).",
    "SELinux does not confine it (label=disable).",
    "It has a security profile of its own (label=type:spc_t).",
    "It runs as root in its container (user 0:0).",
    "It has no user namespace of its own (userns host).",
    "Its port is open beyond this node ('0.0.0.0:80:8080').",
  ]);
});
