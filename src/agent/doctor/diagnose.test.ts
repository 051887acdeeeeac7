import { expect, test } from "bun:test";
import { diagnose, problemsOf } from "./diagnose.ts";
import { worstOf } from "./finding.ts";
import { nodeFacts } from "./node-facts.fixture.ts";
import type { CertificateFacts, NodeFacts } from "./node-facts.ts";

/** What is not right, as `check level`. */
const wrong = (change: Partial<NodeFacts>) =>
  diagnose(nodeFacts(change))
    .filter(({ level }) => level !== "ok")
    .map(({ check, level }) => `${check} ${level}`);

test("a node with nothing wrong has findings that say so, and nothing to cure", () => {
  const findings = diagnose(nodeFacts());
  expect(worstOf(findings)).toBe("ok");
  expect(findings.map(({ check }) => check)).toEqual([
    "podman",
    "oci runtime",
    "cgroups",
    "limits",
    "cleanup",
    "socket /run/mcp/podman.sock",
    "disk /srv",
    "clock",
    "certificate",
    "data folder",
    "backups",
    "registry",
  ]);
  expect(findings.every(({ cure }) => cure === "")).toBe(true);
});

const certificate = nodeFacts().certificate as CertificateFacts;
const GIB = 1024 ** 3;
const disk = { path: "/srv", freeBytes: 50 * GIB, totalBytes: 100 * GIB, freeInodes: 900, totalInodes: 1000 };
const engine = { name: "podman", version: "6.0.0", ociRuntime: "crun", database: "sqlite", rootless: false } as const;
const at = (text: string) => new Date(text);
const socket = { path: "/s", file: { isSocket: true, mode: 0o600, gid: 0 }, isNeeded: true };

const WRONG: Readonly<Record<string, readonly [Partial<NodeFacts>, readonly string[]]>> = {
  "no engine": [{ engine: { problem: "nothing listens" } }, ["engine bad"]],
  "an old podman": [{ engine: { ...engine, version: "4.2.0" } }, ["podman bad", ...Array(7).fill("podman warn")]],
  "BoltDB before podman 6": [{ engine: { ...engine, version: "5.9.0", database: "boltdb" } }, ["podman warn"]],
  "mixed cgroups under crun": [{ engine: { ...engine, version: "5.9.0" }, cgroups: "mixed" }, ["oci runtime bad", "cgroups warn"]],
  "cgroups v1 under podman 6": [{ cgroups: "v1" }, ["cgroups bad"]],
  "no cgroups": [{ cgroups: "none" }, ["cgroups bad"]],
  "limits that cannot be raised": [{ mayRaiseLimits: false }, ["limits bad"]],
  "limits that are set and cannot be raised": [{ mayRaiseLimits: false, defaultUlimits: ["nofile=1:1"] }, ["limits bad"]],
  "limits that are left alone": [{ mayRaiseLimits: false, defaultUlimits: [] }, []],
  "a cleanup that hangs": [
    {
      cleanups: [
        { pid: 7, command: "podman", ageSeconds: 31 },
        { pid: 8, command: "podman", ageSeconds: 2 },
      ],
    },
    ["cleanup bad"],
  ],
  "a cleanup that has just begun": [{ cleanups: [{ pid: 7, command: "podman", ageSeconds: 2 }] }, []],
  "a socket that is missing": [{ sockets: [{ ...socket, file: undefined }] }, ["socket /s bad"]],
  "a socket that is missing and not needed": [{ sockets: [{ ...socket, file: undefined, isNeeded: false }] }, []],
  "a socket for everybody": [{ sockets: [{ ...socket, file: { isSocket: true, mode: 0o666, gid: 0 } }] }, ["socket /s bad"]],
  "a socket for a group": [{ sockets: [{ ...socket, file: { isSocket: true, mode: 0o660, gid: 100 } }] }, ["socket /s warn"]],
  "a socket for root's group": [{ sockets: [{ ...socket, file: { isSocket: true, mode: 0o660, gid: 0 } }] }, []],
  "a file where a socket is to be": [{ sockets: [{ ...socket, file: { isSocket: false, mode: 0o600, gid: 0 } }] }, ["socket /s bad"]],
  "a disk that is nearly full": [{ disks: [{ ...disk, freeBytes: 4 * GIB }] }, ["disk /srv warn"]],
  "a disk that is full": [{ disks: [{ ...disk, freeBytes: 1 }] }, ["disk /srv bad"]],
  "few inodes": [{ disks: [{ ...disk, freeInodes: 10 }] }, ["disk /srv warn"]],
  "no inodes": [{ disks: [{ ...disk, freeInodes: 0 }] }, ["disk /srv bad"]],
  "a file system without a number of inodes": [{ disks: [{ ...disk, freeInodes: 0, totalInodes: 0 }] }, []],
  "a disk that is not there": [{ disks: [{ path: "/x", problem: "no such directory" }] }, ["disk /x warn"]],
  "a clock of 1970": [
    { now: at("1970-01-01T00:05:00Z"), registryWrittenAt: undefined, certificate: undefined },
    ["clock bad", "certificate bad", "backups warn"],
  ],
  "a clock ten years ahead": [
    { now: at("2140-01-01T00:00:00Z"), certificate: undefined, backups: { folder: "/b", newest: at("2139-12-31T00:00:00Z"), count: 1 } },
    ["clock bad", "certificate bad"],
  ],
  "a clock that went back": [{ registryWrittenAt: at("2026-11-29T12:10:00Z") }, ["clock bad"]],
  "a clock that nothing keeps": [{ clockSynchronized: false }, ["clock warn"]],
  "a clock of which nobody tells": [{ clockSynchronized: undefined }, []],
  "a certificate that has ended": [{ certificate: { ...certificate, notAfter: at("2026-11-29T11:00:00Z") } }, ["certificate bad"]],
  "a certificate that ends today": [{ certificate: { ...certificate, notAfter: at("2026-11-30T11:00:00Z") } }, ["certificate bad"]],
  "a certificate that ends this week": [{ certificate: { ...certificate, notAfter: at("2026-12-03T11:00:00Z") } }, ["certificate warn"]],
  "a certificate that ends this month": [{ certificate: { ...certificate, notAfter: at("2026-12-28T11:00:00Z") } }, ["certificate warn"]],
  "a certificate that ends after a month": [{ certificate: { ...certificate, notAfter: at("2026-12-30T11:00:00Z") } }, []],
  "a certificate of tomorrow": [{ certificate: { ...certificate, notBefore: at("2026-11-30T00:00:00Z") } }, ["certificate bad"]],
  "a key for others": [{ certificate: { ...certificate, keyMode: 0o640 } }, ["certificate bad"]],
  "another key": [{ certificate: { ...certificate, matchesKey: false } }, ["certificate bad"]],
  "a certificate of another name": [{ address: "other.test" }, ["certificate warn"]],
  "a name under a wildcard": [{ address: "node.LAB.test" }, []],
  "a name two labels under a wildcard": [{ address: "a.node.lab.test" }, ["certificate warn"]],
  "a certificate that cannot be read": [{ certificate: { path: "/c", problem: "no PEM" } }, ["certificate bad"]],
  "no certificate": [{ certificate: undefined }, ["certificate bad"]],
  "a data folder that its group looks into, as the installation makes it": [{ dataFolder: { path: "/d", mode: 0o750, isOwn: true } }, []],
  "a data folder for others": [{ dataFolder: { path: "/d", mode: 0o755, isOwn: true } }, ["data folder warn"]],
  "a data folder that others write": [{ dataFolder: { path: "/d", mode: 0o770, isOwn: true } }, ["data folder bad"]],
  "a data folder of another": [{ dataFolder: { path: "/d", mode: 0o700, isOwn: false } }, ["data folder bad"]],
  "no data folder": [{ dataFolder: { path: "/d", problem: "no such directory" } }, ["data folder bad"]],
  "no backup": [{ backups: { folder: "/b", newest: undefined, count: 0 } }, ["backups warn"]],
  "an old backup": [{ backups: { folder: "/b", newest: at("2026-11-26T02:00:00Z"), count: 1 } }, ["backups warn"]],
  "a backup of tomorrow": [{ backups: { folder: "/b", newest: at("2026-11-30T02:00:00Z"), count: 1 } }, ["backups warn"]],
  "a damaged registry": [{ registryProblem: "page 3 is never used" }, ["registry bad"]],
};

test.each(Object.keys(WRONG))("%s", (what) => {
  const [change, expected] = WRONG[what] ?? [{}, ["?"]];
  expect(wrong(change)).toEqual([...expected]);
});

test("whatever is wrong has its cure, but for what nobody can do anything about", () => {
  for (const [change] of Object.values(WRONG)) {
    for (const { check, level, cure } of diagnose(nodeFacts(change))) if (level !== "ok" && check !== "disk /x") expect(cure).not.toBe("");
  }
});

test("a node's status has what does not work, and not what will not for ever", () => {
  const findings = diagnose(nodeFacts({ clockSynchronized: false, registryProblem: "x" }));
  expect(problemsOf(findings)).toEqual(["/srv/mcp/agent.db is damaged: x."]);
  expect(worstOf(findings)).toBe("bad");
  expect(worstOf(diagnose(nodeFacts({ clockSynchronized: false })))).toBe("warn");
});
