import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseDuration } from "../core/duration.ts";
import { formatByteSize, parseByteSize } from "./byte-size.ts";
import { parseCapability, parseDroppedCapability } from "./capability.ts";
import { parseSecretPath } from "./env-rules.ts";
import { formatDuration } from "./format-duration.ts";
import { parseName, parseNetwork, parseNodeName, parseUser } from "./name-rules.ts";
import { clashOnHost, formatPortMapping, parsePortMapping } from "./port-mapping.ts";
import { parseSecurityOption, parseUserns } from "./security-option.ts";
import { parseTmpfsMount } from "./tmpfs-mount.ts";
import { formatVolumeMount, parseVolumeMount } from "./volume-mount.ts";

const invalid = expect.objectContaining({ code: "invalid", reason: "SERVICE_DEFINITION_INVALID" });

test("a size is read in units of 1024 or 1000, and written in the largest that fits", () => {
  expect(["256MiB", "1.5GiB", "500MB", "1 kib", "7B"].map(parseByteSize)).toEqual([268_435_456, 1_610_612_736, 500_000_000, 1024, 7]);
  expect([268_435_456, 1_610_612_736, 1025, 0].map(formatByteSize)).toEqual(["256MiB", "1536MiB", "1025B", "0B"]);
  for (const text of ["", "256", "256m", "-1MiB", "1,5GiB", "MiB", "1e3MiB", "9999999999999TiB"])
    expect(() => parseByteSize(text)).toThrow(invalid);
});

test("sizes and durations that are written are read as the same", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseByteSize(formatByteSize(bytes)) === bytes));
  fc.assert(fc.property(fc.nat(999_999_999), (ms) => parseDuration(formatDuration(ms)) === ms));
  expect([0, 1_500, 60_000, 5_400_000, 86_400_000].map(formatDuration)).toEqual(["0ms", "1500ms", "1m", "90m", "1d"]);
});

test.each([
  ["80", { containerPort: 80, protocol: "tcp" }],
  ["53/udp", { containerPort: 53, protocol: "udp" }],
  ["8080:80", { hostPort: 8080, containerPort: 80, protocol: "tcp" }],
  ["0.0.0.0:8080:80", { hostPort: 8080, hostAddress: "0.0.0.0", containerPort: 80, protocol: "tcp" }],
  ["[fd00::1]:8080:80/udp", { hostPort: 8080, hostAddress: "fd00::1", containerPort: 80, protocol: "udp" }],
] as const)("the port %s is read and written again", (text, port) => {
  expect(parsePortMapping(text)).toEqual(port);
  expect(formatPortMapping(port)).toBe(text);
});

test.each([
  "",
  "0",
  "65536",
  "80:",
  ":80",
  "80:0",
  "localhost:80:80",
  "1.2.3:80:80",
  "fd00::1:80:80",
  "[1.2.3.4]:80:80",
  "80/sctp",
  "80-90:80-90",
  "127.0.0.1::80",
  " 80",
])("%j is no port", (text) => {
  expect(() => parsePortMapping(text)).toThrow(invalid);
});

test.each([
  ["8080:80", "8080:81", true],
  ["8080:80", "127.0.0.1:8080:80", true],
  ["0.0.0.0:8080:80", "10.0.0.1:8080:80", true],
  ["10.0.0.1:8080:80", "10.0.0.2:8080:80", false],
  ["8080:80", "8080:80/udp", false],
  ["8080:80", "8081:80", false],
  ["80", "80", false],
] as const)("%s and %s clash on the node: %p", (one, other, clash) => {
  expect(clashOnHost(parsePortMapping(one), parsePortMapping(other))).toBe(clash);
  expect(clashOnHost(parsePortMapping(other), parsePortMapping(one))).toBe(clash);
});

test.each([
  ["/srv/shop/data:/data", { source: "/srv/shop/data", target: "/data", readOnly: false }],
  ["cache:/var/cache:ro", { source: "cache", target: "/var/cache", readOnly: true }],
] as const)("the volume %s is read and written again", (text, volume) => {
  expect(parseVolumeMount(text)).toEqual(volume);
  expect(formatVolumeMount(volume)).toBe(text);
  expect(parseVolumeMount(`${text.replace(/:ro$/, "")}:rw`)).toEqual({ ...volume, readOnly: false });
});

test.each([
  "",
  "/data",
  "a:b",
  "./a:/b",
  "../a:/b",
  "/a/../b:/c",
  "/a/./b:/c",
  "/a//b:/c",
  "/a/:/c",
  "~/a:/c",
  "a:/b/",
  "a:/",
  "a:/b:z",
  "a:/b:ro:z",
  "a:/b\n",
  "a\0:/b",
  "-v:/b",
  "/a,b:/c",
  "a:/dev/mem",
  "a:/proc",
  "a:/sys/kernel",
])("%j is no volume", (text) => {
  expect(() => parseVolumeMount(text)).toThrow(invalid);
});

test("a tmpfs has a place and options of a closed set", () => {
  expect(parseTmpfsMount("/run")).toEqual({ target: "/run", options: [] });
  expect(parseTmpfsMount("/run:size=64m,mode=1777,uid=10001,noexec")).toEqual({
    target: "/run",
    options: ["size=64m", "mode=1777", "uid=10001", "noexec"],
  });
  for (const text of ["", "run", "/run:", "/run:dev", "/run:suid", "/run:size=", "/run:mode=9", "/proc:ro", "/run:ro:rw"]) {
    expect(() => parseTmpfsMount(text)).toThrow(invalid);
  }
});

test("a capability is one of the kernel's, however it is written", () => {
  expect(["NET_ADMIN", "cap_net_admin", "CAP_NET_ADMIN"].map(parseCapability)).toEqual(["NET_ADMIN", "NET_ADMIN", "NET_ADMIN"]);
  expect(parseDroppedCapability("all")).toBe("ALL");
  for (const text of ["ALL", "", "NET_ADMIN,SYS_ADMIN", "CAP_CAP_NET_ADMIN"]) expect(() => parseCapability(text)).toThrow(invalid);
  expect(() => parseCapability("NET_ADMN")).toThrow(expect.objectContaining({ hint: "did you mean NET_ADMIN?" }));
});

test.each([
  ["a service", parseName, ["a", "mc-proxy", "a".repeat(40)], ["", "1a", "-a", "a_b", "a.b", "A", "a".repeat(41), "a\n"]],
  ["a node", parseNodeName, ["rift", "node-1"], ["", "a", "Rift", "1a", "a.b", "a/b", "a b", "a".repeat(64)]],
  [
    "a network",
    parseNetwork,
    ["none", "bridge", "shop_net"],
    ["", "host", "host:x", "container:a", "ns:/p", "pasta", "slirp4netns", "private", "pod", "-a"],
  ],
  ["a user", parseUser, ["0", "10001:10001", "www-data", "app:app"], ["", "-u", "a:b:c", "a b", ":1"]],
  [
    "a security option",
    parseSecurityOption,
    ["no-new-privileges", "seccomp=unconfined", "seccomp=/etc/p.json", "apparmor=docker-default", "label=disable", "label=type:spc_t"],
    [
      "",
      "no-new-privileges=false",
      "no-new-privileges:false",
      "unmask=ALL",
      "mask=/proc",
      "systempaths=unconfined",
      "proc-opts=hidepid=0",
      "seccomp=p.json",
      "seccomp=unconfined,unmask=ALL",
    ],
  ],
  [
    "a user namespace",
    parseUserns,
    ["host", "auto", "auto:size=1000", "keep-id:uid=1000,gid=1000", "nomap"],
    ["", "private", "container:a", "ns:/proc/1/ns/user", "auto:", "auto:x"],
  ],
  ["a secret's path", parseSecretPath, ["token", "secrets/a.b"], ["", "/etc/shadow", "../a", "a/../b", "a/", "./a", "a\0"]],
] as const)("the words for %s", (_, parse, good, bad) => {
  for (const text of good) expect(parse(text)).toBe(text);
  for (const text of bad) expect(() => parse(text)).toThrow(invalid);
});
