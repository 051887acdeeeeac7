import { expect } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { McpAgentService, NodeStatusResponseSchema } from "../../gen/mcp/v1/mcp_pb.ts";
import { requires } from "../support/requires.ts";
import { runProgram } from "../support/run-program.ts";
import { REPOSITORY_ROOT } from "./read-source-files.ts";

const BUF = join(REPOSITORY_ROOT, "node_modules/.bin/buf");
const testWithBuf = requires(await Bun.file(BUF).exists(), "buf is not installed; run npm ci");

async function filesBelow(folder: string): Promise<Readonly<Record<string, string>>> {
  const paths = [...new Bun.Glob("**/*").scanSync({ cwd: folder })].sort();
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await Bun.file(join(folder, path)).text()] as const)));
}

testWithBuf("gen/ is exactly what buf generates from proto/ today", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-gen-"));
  try {
    expect(await runProgram([BUF, "generate", "-o", folder], { cwd: REPOSITORY_ROOT })).toMatchObject({ exitCode: 0 });
    expect(await filesBelow(join(folder, "gen"))).toEqual(await filesBelow(join(REPOSITORY_ROOT, "gen")));
  } finally {
    await rm(folder, { recursive: true });
  }
});

testWithBuf("the contract passes buf lint, and the generated code has its service and messages", async () => {
  expect(await runProgram([BUF, "lint"], { cwd: REPOSITORY_ROOT })).toMatchObject({ exitCode: 0, stdout: "" });
  expect(McpAgentService.typeName).toBe("mcp.v1.McpAgentService");
  expect(McpAgentService.method.nodeStatus.output).toBe(NodeStatusResponseSchema);
});
