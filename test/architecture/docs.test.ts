import { expect, test } from "bun:test";
import { z } from "zod";
import { AGENT_CONFIG_KEYS } from "../../src/agent/config/known-keys.ts";
import { serverPolicySchema } from "../../src/api/server-policy.ts";
import { BARE_DEPS } from "../../src/cli/captured-cli.fixture.ts";
import { commandTree } from "../../src/cli/completion/command-tree.ts";
import { fleetConfigSchema } from "../../src/cli/config/fleet-config.ts";
import { createProgram } from "../../src/cli/program.ts";
import { BY_REASON, WIRE_CODE } from "../../src/control/http/wire-error.ts";
import type { ErrorCode } from "../../src/core/app-error.ts";
import { HTTP_STATUS, JSON_RPC_CODE } from "../../src/core/error-tables.ts";
import { NO_VITALS } from "../../src/gateway/metrics/gateway-vitals.ts";
import { PrometheusMetrics } from "../../src/gateway/metrics/prometheus/prometheus-metrics.ts";
import { REFUSAL_STATUS } from "../../src/gateway/refusal.ts";
import { configSchema } from "../../src/main/config-file.ts";
import { AT_ONCE } from "../../src/main/plan-reload.ts";
import { DEFAULT_RESILIENCE } from "../../src/main/resilience-config.ts";
import { HEADER_MISMATCH, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_VERSION } from "../../src/mcp/eras/2026-07-28/error-codes.ts";

const MODERN_CODES = [HEADER_MISMATCH, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_VERSION];
const ROOT = `${import.meta.dir}/../..`;
const errors = await Bun.file(`${ROOT}/docs/errors.md`).text();
const observability = await Bun.file(`${ROOT}/docs/OBSERVABILITY.md`).text();
const configuration = await Bun.file(`${ROOT}/docs/configuration.md`).text();

/** Every source file of the product. */
const sources = await Promise.all(
  [...new Bun.Glob("src/**/*.ts").scanSync(ROOT)]
    .filter((path) => !/\.(test|fixture|contract)\.ts$/.test(path))
    .map((path) => Bun.file(`${ROOT}/${path}`).text()),
);

const sorted = (values: Iterable<string>) => [...new Set(values)].sort();
const found = (text: string, pattern: RegExp) => sorted([...text.matchAll(pattern)].map((match) => match.slice(1).join(" ")));

test("docs/errors.md lists the codes on the wire with their status, all of them and no others", () => {
  const documented = found(errors, /^\| `([a-z_]+)` \| (\d{3}) \|/gm);
  const ofGateway = Object.entries(REFUSAL_STATUS);
  const ofRest = Object.entries(WIRE_CODE).map(([kind, code]) => [code, HTTP_STATUS[kind as ErrorCode]] as const);
  const byReason = Object.values(BY_REASON).map(({ code, status }) => [code, status] as const);
  expect(documented).toEqual(sorted([...ofGateway, ...ofRest, ...byReason].map(([code, status]) => `${code} ${status}`)));
});

test("docs/errors.md lists every reason with its code, and no other", () => {
  const documented = found(errors, /^\| `([A-Z_]+)` \| ([a-z_]+) \|/gm);
  const thrown = sources.flatMap((text) => found(text, /new AppError\(\s*"([a-z_]+)",\s*"([A-Z_]+)"/g));
  expect(documented).toEqual(sorted(thrown.map((pair) => pair.split(" ").reverse().join(" "))));
});

test("docs/errors.md lists each reason once", () => {
  const listed = [...errors.matchAll(/^\| `([A-Z_]+)` \| [a-z_]+ \|/gm)].map((match) => match[1] ?? "");
  expect(listed.filter((reason, index) => listed.indexOf(reason) !== index)).toEqual([]);
});

test("docs/errors.md lists only JSON-RPC codes that the gateway answers with", () => {
  const answered = new Set<number>([
    ...Object.values(JSON_RPC_CODE),
    -32700,
    -32600,
    -32601,
    -32602,
    -32603,
    -32000,
    -32001,
    ...MODERN_CODES,
  ]);
  const documented = found(errors, /^\| (-\d{5}) \|/gm).map(Number);
  expect(documented.filter((code) => !answered.has(code))).toEqual([]);
  expect(documented).toContain(JSON_RPC_CODE.unavailable);
});

test("docs/configuration.md lists the flags of mcpctl up, all of them and no others", async () => {
  const command = (await createProgram({ ...BARE_DEPS, stdout: () => {}, stderr: () => {} })).commands.find((each) => each.name() === "up");
  const flags = command?.options.map((option) => option.flags) ?? [];
  expect(flags.length).toBeGreaterThan(0);
  expect(found(configuration, /^\| `(--[^`]+)` \|/gm)).toEqual(sorted(flags));
});

test("docs/configuration.md lists the keys of the configuration file, all of them and no others", () => {
  const keys = Object.entries(configSchema.shape).flatMap(([table, schema]) =>
    Object.keys(shapeOf(schema)).map((key) => `${table}.${key}`),
  );
  expect(keys).toContain("stream.max_stream_seconds");
  const section = configuration.split(/^## /m).find((each) => each.startsWith("The configuration file\n")) ?? "";
  expect(found(section, /^\| `([a-z_]+\.[a-z_]+)` \|/gm)).toEqual(sorted(keys));
});

test("docs/configuration.md lists the keys of the fleet's configuration, all of them and no others", () => {
  const { services, mcias, auth, nodes } = fleetConfigSchema.shape;
  const tables = { services: services.unwrap(), mcias: mcias.unwrap(), auth: auth.unwrap(), nodes: nodes.unwrap().element };
  const keys = Object.entries(tables).flatMap(([table, { shape }]) => Object.keys(shape).map((key) => `${table}.${key}`));
  expect(Object.keys(tables)).toEqual(Object.keys(fleetConfigSchema.shape));
  const section = configuration.split(/^## /m).find((each) => each.startsWith("The configuration of the fleet\n")) ?? "";
  expect(found(section, /^\| `([a-z_]+\.[a-z_]+)` \|/gm)).toEqual(sorted(keys));
});

test("docs/FLEET.md names commands and flags that there are", async () => {
  const fleet = await Bun.file(`${ROOT}/docs/FLEET.md`).text();
  const tree = commandTree(await createProgram({ ...BARE_DEPS, stdout: () => {}, stderr: () => {} }));
  const paths = tree.map(({ path }) => path);
  const named = found(fleet, /mcpctl ((?:node|service) [a-z]+|[a-z]+)/g);
  expect(named.length).toBeGreaterThan(20);
  for (const words of named) expect(paths).toContain(`mcpctl ${words}`);
  const flags = tree.flatMap(({ options }) => options.flatMap(({ words }) => words));
  for (const flag of found(fleet, /(--[a-z][a-z-]+)/g)) expect(flags).toContain(flag);
});

test("docs/configuration.md lists the keys of an agent's configuration, all of them and no others", () => {
  const section = configuration.split(/^## /m).find((each) => each.startsWith("The configuration of an agent\n")) ?? "";
  expect(found(section, /^\| `([a-z_]+\.[a-z_]+)` \|/gm)).toEqual(sorted(AGENT_CONFIG_KEYS.keys()));
});

test("docs/configuration.md says which of them hold at once, all of them and no others", () => {
  const line = configuration.split("\n").find((each) => each.startsWith("- At once, ")) ?? "";
  expect(found(line.split(". ")[0] ?? "", /`([a-z_.]+)`/g)).toEqual(sorted(AT_ONCE));
});

/** The keys of a table, without its default. */
function shapeOf(schema: unknown): object {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return shapeOf(schema.unwrap());
  return schema instanceof z.ZodObject ? schema.shape : {};
}

test("docs/configuration.md lists the keys of a server's policy, and flags that there are", async () => {
  const keys = Object.keys(serverPolicySchema.shape).map((key) => `policy.${key}`);
  expect(found(configuration, /^\| `(policy\.[A-Za-z]+)` \|/gm)).toEqual(sorted(keys));
  const create = (await createProgram({ ...BARE_DEPS, stdout: () => {}, stderr: () => {} })).commands.find(
    (each) => each.name() === "create",
  );
  const flags = create?.commands.find((each) => each.name() === "server")?.options.map(({ long }) => long);
  const named = found(policyRows(), /`(--[a-z-]+)/g);
  expect(named.length).toBeGreaterThan(10);
  for (const flag of named) expect(flags).toContain(flag);
});

function policyRows(): string {
  return configuration
    .split("\n")
    .filter((line) => line.startsWith("| `policy."))
    .join("\n");
}

test("docs/configuration.md lists the environment variables that are read, all of them and no others", () => {
  const read = sources.flatMap((text) => found(text, /\benv\.([A-Z][A-Za-z_]+)/g));
  expect(found(configuration, /^\| `([A-Z][A-Za-z_]+)` \|/gm)).toEqual(sorted(read));
});

test("docs/OBSERVABILITY.md lists the metrics with their types, all of them and no others", async () => {
  const loopLag = { median: 0, p99: 0, max: 0 };
  const metrics = new PrometheusMetrics({
    vitals: () => NO_VITALS,
    audit: () => ({ waiting: 0, dropped: 0 }),
    process: () => ({ cpuSeconds: 0, residentBytes: 0, startedAt: 0, openDescriptors: 0, loopLag }),
    tasks: async () => undefined,
  });
  const served = found(await metrics.render(), /^# TYPE (\S+) (\S+)$/gm);
  expect(served.length).toBeGreaterThan(0);
  expect(found(observability, /^\| `([a-z_]+)` \| (counter|gauge|histogram) \|/gm)).toEqual(served);
});

test("docs/configuration.md lists the keys that keep failures apart with their defaults, all of them and no others", () => {
  const tables = Object.keys(DEFAULT_RESILIENCE).join("|");
  const keys = Object.entries(DEFAULT_RESILIENCE).flatMap(([table, values]) =>
    Object.entries(values).map(([key, value]) => `${table}.${key} ${value}`),
  );
  expect(found(configuration, new RegExp(`^\\| \`((?:${tables})\\.[a-z_]+)\` \\| (\\S+) \\|`, "gm"))).toEqual(sorted(keys));
});

test("docs/OPERATIONS.md names the target profile, and scripts, keys and codes that there are", async () => {
  const operations = await Bun.file(`${ROOT}/docs/OPERATIONS.md`).text();
  expect(operations).toContain("Target profile: `SPEC 1.0-contract`. Runtime baseline: Gate C");
  const { scripts } = (await Bun.file(`${ROOT}/package.json`).json()) as { scripts: Record<string, string> };
  const named = found(operations, /`npm (?:run )?([a-z:]+)`/g);
  expect(named).toEqual(["check", "ci:check", "test"]);
  for (const script of named) expect(Object.keys(scripts)).toContain(script);
  const tables = Object.entries(configSchema.shape);
  const keys = tables.flatMap(([table, schema]) => Object.keys(shapeOf(schema)).map((key) => `${table}.${key}`));
  const ours = found(operations, /`((?:mode|route|security|rate_limit|limits|stream|queue|auth|timeouts)\.[a-z_]+)/g);
  expect(ours.length).toBeGreaterThan(15);
  for (const key of ours) expect(keys).toContain(key);
  const codes = found(operations, /\(`([a-z]+_[a-z_]+)`\)/g);
  expect(codes.length).toBeGreaterThan(5);
  for (const code of codes) expect(Object.keys(REFUSAL_STATUS)).toContain(code);
});
