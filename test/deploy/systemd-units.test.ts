import { expect, test } from "bun:test";
import { join } from "node:path";
import { parseUnitFile } from "./unit-file.ts";

const FOLDER = join(import.meta.dirname, "../../deploy/systemd");

async function load(name: string) {
  const unit = parseUnitFile(await Bun.file(join(FOLDER, name)).text());
  const section = (key: string) => Object.fromEntries(unit.sections.get(key) ?? []);
  return { ...unit, unit: section("Unit"), service: section("Service"), timer: section("Timer"), install: section("Install") };
}

/** What a service is confined by, as systemd.exec(5) has it and `systemd-analyze security` looks at. */
const CONFINEMENT = [
  ..."ProtectSystem ProtectHome ReadWritePaths PrivateTmp PrivateDevices PrivateMounts PrivateNetwork ProtectProc ProtectClock".split(" "),
  ..."ProtectControlGroups ProtectHostname ProtectKernelLogs ProtectKernelModules ProtectKernelTunables".split(" "),
  ..."RestrictAddressFamilies RestrictNamespaces RestrictRealtime RestrictSUIDSGID LockPersonality NoNewPrivileges".split(" "),
  ..."CapabilityBoundingSet SystemCallArchitectures SystemCallFilter MemoryDenyWriteExecute PrivateUsers ProcSubset".split(" "),
  ..."KeyringMode UMask LimitCORE".split(" "),
];

test("the agent runs as root, its containers outlive it, and it comes back by itself", async () => {
  const { service, unit, install } = await load("mcp-agent.service");
  expect(service).toMatchObject({
    ExecStart: "/usr/local/bin/mcp-agent server --config /srv/mcp/mcp-agent.toml",
    User: "root",
    Group: "mcp",
    KillMode: "process",
    Restart: "always",
    WorkingDirectory: "/srv/mcp",
  });
  expect(unit.After).toContain("network-online.target");
  expect(install).toEqual({ WantedBy: "multi-user.target" });
});

test("the backup is one run of a snapshot, confined to the agent's folder", async () => {
  const { service } = await load("mcp-agent-backup.service");
  expect(service).toMatchObject({
    Type: "oneshot",
    ExecStart: "/usr/local/bin/mcp-agent snapshot --config /srv/mcp/mcp-agent.toml",
    User: "root",
    ProtectSystem: "strict",
    ReadWritePaths: "/srv/mcp",
    NoNewPrivileges: "yes",
    CapabilityBoundingSet: "",
    PrivateNetwork: "yes",
  });
});

test("the timer runs it daily at 02:00 UTC, five minutes apart on different nodes", async () => {
  const { timer, install } = await load("mcp-agent-backup.timer");
  expect(timer).toEqual({
    OnCalendar: "*-*-* 02:00:00 UTC",
    RandomizedDelaySec: "5min",
    Persistent: "true",
    Unit: "mcp-agent-backup.service",
  });
  expect(install).toEqual({ WantedBy: "timers.target" });
});

test.each(["mcp-agent.service", "mcp-agent-backup.service"])("%s is confined, and says why where it is not", async (name) => {
  const { service, comments } = await load(name);
  const silent = CONFINEMENT.filter((directive) => !(directive in service) && !new RegExp(`\\b${directive}\\b`).test(comments));
  expect(silent).toEqual([]);
  // Nothing is said to be left out that is set.
  const left = comments.slice(comments.search(/left out/i));
  expect(CONFINEMENT.filter((directive) => directive in service && new RegExp(`\\b${directive}\\b(?! above)`).test(left))).toEqual([]);
});

test("no directive stands twice in a unit", async () => {
  for (const name of ["mcp-agent.service", "mcp-agent-backup.service", "mcp-agent-backup.timer"]) {
    for (const [section, directives] of (await load(name)).sections) {
      const keys = directives.map(([key]) => key);
      expect([name, section, keys.length]).toEqual([name, section, new Set(keys).size]);
    }
  }
});
