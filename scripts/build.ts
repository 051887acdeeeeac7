/**
 * npm run build: one compiled executable, build/mcpctl, and the other four names as links to it. With --no-bytecode it holds sources
 * alone: 14 MB less to pull, for an image that starts seldom.
 */
import { mkdir, rename, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

const LINKS = ["mcp", "mcpd", "mcplocal", "mcp-agent"];
const root = join(import.meta.dirname, "..");

const { values } = parseArgs({
  options: { outdir: { type: "string", default: join(root, "build") }, bytecode: { type: "boolean", default: true } },
  allowNegative: true,
});
const target = join(values.outdir, "mcpctl");

await mkdir(values.outdir, { recursive: true });
await compile(`${target}.new`);
// Renamed into place: a running executable cannot be written to, and a failed build leaves the old one.
await rename(`${target}.new`, target);
for (const link of LINKS) await replaceLink(join(values.outdir, link));

const { size } = await stat(target);
process.stdout.write(`Built ${target} (${(size / 1e6).toFixed(1)} MB), also called ${LINKS.join(", ")}\n`);

/** Throws an AggregateError with Bun's messages where the code does not bundle. */
async function compile(outfile: string): Promise<void> {
  await Bun.build({
    // A thread starts at a file of its own.
    entrypoints: [join(root, "src/main/executable.ts"), join(root, "src/main/audit-thread.ts")],
    // Names stay: stack traces and errors show them.
    minify: { whitespace: true, syntax: true, identifiers: false },
    sourcemap: "none",
    // What a command does not import is not loaded, and what it does is compiled already: half the time of a start, and less memory.
    format: "esm",
    splitting: true,
    bytecode: values.bytecode,
    compile: {
      outfile,
      // What lies in the folder it is called from must not change what it does.
      autoloadDotenv: false,
      autoloadBunfig: false,
    },
  });
}

async function replaceLink(path: string): Promise<void> {
  await rm(path, { force: true });
  await symlink("mcpctl", path);
}
