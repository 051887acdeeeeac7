import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { snapshotName } from "../../snapshot/snapshot-name.ts";
import { cgroupsOf } from "./cgroups-of.ts";
import { cleanupProcesses } from "./cleanup-processes.ts";
import { linuxFacts, mayRaiseLimits } from "./linux-facts.ts";

let folder = "";
const NOW = new Date("2026-11-29T12:00:00Z");

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mcpctl-doctor-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

const facts = (more: Partial<Parameters<typeof linuxFacts>[0]> = {}) =>
  linuxFacts({
    now: NOW,
    dataFolder: folder,
    registryFile: join(folder, "agent.db"),
    backupsFolder: join(folder, "backups"),
    certificate: { path: join(folder, "tls.crt"), keyPath: join(folder, "tls.key") },
    address: "",
    sockets: [],
    disks: [folder, join(folder, "none")],
    checkRegistry: () => "broken",
    ...more,
  });

test("the kind of cgroups is read from the mounts", () => {
  const v1 = "35 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory";
  const v2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate";
  const named = "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd";
  expect([v1, v2, `${v1}\n${v2}`, `${v2}\n${named}`, "1 1 0:1 / / rw - ext4 /dev/vda rw", ""].map(cgroupsOf)).toEqual([
    "v1",
    "v2",
    "mixed",
    "v2",
    "none",
    "none",
  ]);
});

test("the right to raise limits is one of the capabilities", () => {
  expect(mayRaiseLimits("Name:\tx\nCapEff:\t000001ffffffffff\n")).toBe(true);
  expect(mayRaiseLimits("CapEff:\t000001fffeffffff\n")).toBe(false);
  expect(mayRaiseLimits("")).toBe(false);
});

test("cleanups of podman are found among the processes with their age", async () => {
  const process = (pid: string, words: readonly string[], ticks: number) => {
    mkdirSync(join(folder, pid));
    writeFileSync(join(folder, pid, "cmdline"), `${words.join("\0")}\0`);
    writeFileSync(join(folder, pid, "stat"), `${pid} (a ) b) S ${Array(18).fill("1").join(" ")} ${ticks} 0`);
  };
  writeFileSync(join(folder, "uptime"), "1000.50 1.00\n");
  process("7", ["/usr/bin/podman", "--root", "/x", "container", "cleanup", "abc"], 90_000);
  process("8", ["podman", "run", "cleanup"], 1);
  process("9", ["vi", "podman", "container", "cleanup"], 1);
  mkdirSync(join(folder, "10"));
  expect(await cleanupProcesses(folder)).toEqual([
    { pid: 7, command: "/usr/bin/podman --root /x container cleanup abc", ageSeconds: 100.5 },
  ]);
});

test("a machine without anything of ours is told as it is", async () => {
  const found = await facts();
  expect(found).toMatchObject({
    now: NOW,
    certificate: undefined,
    registryWrittenAt: undefined,
    registryProblem: undefined,
    dataFolder: { path: folder, mode: 0o700, isOwn: true },
    backups: { newest: undefined, count: 0 },
  });
  expect(found.disks).toEqual([
    expect.objectContaining({ path: folder, freeBytes: expect.any(Number), totalBytes: expect.any(Number) }),
    { path: join(folder, "none"), problem: expect.stringContaining("ENOENT") },
  ]);
});

test("registry, backups and the folder are looked at", async () => {
  writeFileSync(join(folder, "agent.db"), "x");
  mkdirSync(join(folder, "backups"));
  for (const day of [1, 3, 2]) writeFileSync(join(folder, "backups", snapshotName(new Date(Date.UTC(2026, 10, day)))), "");
  chmodSync(folder, 0o750);
  const found = await facts();
  expect(found.registryProblem).toBe("broken");
  expect(found.registryWrittenAt).toBeInstanceOf(Date);
  expect(found.backups).toMatchObject({ newest: new Date(Date.UTC(2026, 10, 3)), count: 3 });
  expect(found.dataFolder).toMatchObject({ mode: 0o750 });
  expect((await facts({ dataFolder: join(folder, "agent.db") })).dataFolder).toMatchObject({ problem: "it is no directory" });
});

test("sockets are told from files, with who may use them", async () => {
  const path = join(folder, "api.sock");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  chmodSync(path, 0o660);
  writeFileSync(join(folder, "file"), "");
  const sockets = [path, join(folder, "file"), join(folder, "none")].map((each) => ({ path: each, isNeeded: true }));
  const found = (await facts({ sockets })).sockets.map(({ file }) => file && [file.isSocket, file.mode]);
  server.close();
  expect(found).toEqual([[true, 0o660], [false, expect.any(Number)], undefined]);
});

test("a certificate is read with its key", async () => {
  const openssl = (...args: readonly string[]) => Bun.spawnSync(["openssl", ...args], { cwd: folder }).exitCode;
  const names = ["-subj", "/CN=x", "-addext", "subjectAltName=DNS:rift.test,IP:10.0.0.1"];
  const make = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "10", ...names];
  expect(openssl(...make, "-keyout", "tls.key", "-out", "tls.crt")).toBe(0);
  chmodSync(join(folder, "tls.key"), 0o640);
  const { certificate } = await facts();
  expect(certificate).toMatchObject({ names: ["rift.test", "10.0.0.1"], matchesKey: true, keyMode: 0o640 });
  if (certificate === undefined || "problem" in certificate) throw new Error("it was not read");
  expect(Math.round((certificate.notAfter.getTime() - certificate.notBefore.getTime()) / 86_400_000)).toBe(10);
  expect(openssl(...make, "-keyout", "tls.key", "-out", "other.crt")).toBe(0);
  expect((await facts()).certificate).toMatchObject({ matchesKey: false });
  writeFileSync(join(folder, "tls.crt"), "no certificate");
  expect((await facts()).certificate).toMatchObject({ problem: expect.any(String) });
  rmSync(join(folder, "tls.crt"));
  expect((await facts()).certificate).toMatchObject({ problem: expect.stringContaining("tls.crt") });
});
