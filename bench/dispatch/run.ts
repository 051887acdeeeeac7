/** `sh scripts/bun.sh bench/dispatch/run.ts [--quick]`: how many dispatched calls are accepted in a second, and how soon one begins. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase, dropDatabase, TEST_SERVERS, urlOf } from "../../src/store/server-databases.fixture.ts";
import { figureTable } from "../access/figure-table.ts";
import { EFFORT, type Effort, type Figure } from "../access/measure.ts";
import { type Driver, TaskBench } from "./task-bench.ts";

const USAGE = `usage: sh scripts/bun.sh bench/dispatch/run.ts [--quick]

Postgres and MariaDB are measured where MCPCTL_TEST_POSTGRES_URL and MCPCTL_TEST_MYSQL_URL name a server.
`;

/** Calls of so many clients at once. */
const CLIENTS = 256;
const LATENCY_SAMPLES = { full: 200, quick: 20 };

const ENQUEUE: Readonly<Record<string, number>> = { "embedded on SQLite": 2000, "pg-boss on Postgres": 1000 };
const IDLE_MS = 20;

async function figuresOf(name: string, url: string, driver: Driver, effort: Effort, samples: number): Promise<Figure[]> {
  const bench = await TaskBench.open(url, driver);
  try {
    const accepted: number[] = [];
    for (let round = 0; round < effort.rounds; round += 1) accepted.push(await bench.acceptedPerSecond(CLIENTS, effort.roundMs));
    await bench.empty();
    const latency: number[] = [];
    for (let round = 0; round < effort.rounds; round += 1) latency.push(await bench.idleLatencyMs(samples));
    const atLeast = ENQUEUE[name];
    return [
      {
        what: `${name}: calls accepted, ${CLIENTS} clients`,
        rounds: accepted,
        unit: "tasks/s",
        ...(atLeast === undefined ? {} : { budget: { limit: atLeast, is: "at least" } as const }),
      },
      { what: `${name}: from acceptance to the call, idle, p50`, rounds: latency, unit: "ms", budget: { limit: IDLE_MS, is: "at most" } },
    ];
  } finally {
    await bench.close();
  }
}

async function measure(effort: Effort, samples: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "mcpctl-bench-"));
  const figures: Figure[] = [];
  try {
    figures.push(...(await figuresOf("embedded on SQLite", `sqlite:${join(folder, "tasks.db")}`, "embedded", effort, samples)));
  } finally {
    rmSync(folder, { recursive: true });
  }
  for (const server of TEST_SERVERS) {
    if (urlOf(server) === undefined) {
      process.stdout.write(`not measured: ${server.title}, since ${server.variable} names no server\n`);
      continue;
    }
    for (const driver of server.title === "Postgres" ? (["embedded", "pgboss"] as const) : (["embedded"] as const)) {
      const url = await createDatabase(server);
      try {
        const name = driver === "pgboss" ? "pg-boss on Postgres" : `embedded on ${server.title}`;
        figures.push(...(await figuresOf(name, url, driver, effort, samples)));
      } finally {
        await dropDatabase(server, url);
      }
    }
  }
  return figures;
}

/** Budgets decide nothing here: a shared machine is no judge. The exit code says whether it was measured. */
async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== "--quick" && arg !== "--help");
  if (unknown !== undefined) {
    process.stderr.write(`error: unknown option ${unknown}\n${USAGE}`);
    return 2;
  }
  if (args.includes("--help")) {
    process.stdout.write(USAGE);
    return 0;
  }
  const how = args.includes("--quick") ? "quick" : "full";
  process.stdout.write(figureTable(await measure(EFFORT[how], LATENCY_SAMPLES[how])));
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
