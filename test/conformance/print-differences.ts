/**
 * Prints what differs now in each run of the conformance suite, as `expected/` wants it: with the reasons that are known.
 *
 *   sh scripts/bun.sh test/conformance/print-differences.ts [--write] [RUN…]
 *
 * With --write the files are written; a reason that is missing there must be filled in by hand, and a test says so.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT } from "../e2e/support/up-process.ts";
import { runProgram } from "../support/run-program.ts";
import { CLIENT_RUNS } from "./client-runs.ts";
import { CROSS_ERA, SAME_ERA } from "./server-runs.ts";
import { type Differences, differencesBetween, shortfalls } from "./suite/differences.ts";
import { expectedFile, listOf, readExpected } from "./suite/expected-differences.ts";
import { ClientRig } from "./support/client-rig.ts";
import { ServerRig } from "./support/server-rig.ts";

const args = process.argv.slice(2);
const write = args.includes("--write");
const wanted = args.filter((arg) => arg !== "--write");
const isWanted = ({ name }: { readonly name: string }) => wanted.length === 0 || wanted.includes(name);

const folder = await mkdtemp(join(tmpdir(), "mcpctl-conformance-"));
try {
  await printServerRuns();
  await printClientRuns();
  if (write) await runProgram([join(ROOT, "node_modules/.bin/biome"), "format", "--write", dirname(expectedFile(""))], { cwd: ROOT });
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function printServerRuns(): Promise<void> {
  const runs = [...SAME_ERA, ...CROSS_ERA].filter(isWanted);
  if (runs.length === 0) return;
  await using rig = await ServerRig.start(join(folder, "server"));
  for (const { name, upstream, revision } of runs) {
    const direct = await rig.direct(SAME_ERA.some((run) => run.name === name) ? upstream : "dual", revision);
    await show(name, differencesBetween(direct, await rig.through(upstream, revision)));
  }
}

async function printClientRuns(): Promise<void> {
  const runs = CLIENT_RUNS.filter(isWanted);
  if (runs.length === 0) return;
  await mkdir(join(folder, "client"));
  await using rig = await ClientRig.start(join(folder, "client"));
  for (const { name, revision, spoken } of runs) await show(name, shortfalls(await rig.judge(revision, spoken)));
}

async function show(name: string, differences: Differences): Promise<void> {
  const path = expectedFile(name);
  const text = `${JSON.stringify(listOf(differences, await readExpected(name)), null, 2)}\n`;
  const count = Object.keys(differences).length;
  if (!write) return void process.stdout.write(`// ${name}: ${count}\n${text}`);
  await mkdir(dirname(path), { recursive: true });
  if (count === 0) await rm(path, { force: true });
  else await Bun.write(path, text);
  process.stdout.write(`${name}: ${count}\n`);
}
