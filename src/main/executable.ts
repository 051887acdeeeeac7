/**
 * The entry of the compiled executable: one file with five names, as busybox has.
 *
 * The name it is called by picks the role; under any other name it is mcpctl. Each role's
 * composition root runs when it is imported, so only the one that is asked for is imported.
 */
import { basename } from "node:path";

const ROLES: Readonly<Record<string, () => Promise<unknown>>> = {
  mcpctl: () => import("./mcpctl.ts"),
  mcp: () => import("./mcp.ts"),
  mcpd: () => import("./mcpd.ts"),
  mcplocal: () => import("./mcplocal.ts"),
  "mcp-agent": () => import("./mcp-agent.ts"),
};

// Bun keeps the called name in argv0 through symlinks and look-ups in PATH; argv[1] is a path inside the executable.
const name = basename(process.argv0);
const role = Object.hasOwn(ROLES, name) ? name : "mcpctl";
const args = process.argv.slice(2);

// As in scripts/run-role.sh: Bun's fetch runs 256 requests at a time unless told otherwise before it starts, its heap grows by the
// memory of the machine, and its allocator hands back what it needs again at once; an agent is small rather than fast. So a role
// that serves replaces this process by itself, under the same name and process id.
const settings = settingsOf(role, args[0]);
if (settings !== undefined && process.env.BUN_CONFIG_MAX_HTTP_REQUESTS === undefined && process.execve !== undefined) {
  const env = { ...process.env, ...settings, BUN_CONFIG_MAX_HTTP_REQUESTS: "65336" };
  process.execve(process.execPath, [process.argv0, ...args], env);
}

await ROLES[role]?.();

function settingsOf(called: string, command: string | undefined): Readonly<Record<string, string>> | undefined {
  const { env } = process;
  if (called === "mcp-agent") {
    if (command !== "server") return undefined;
    return {
      BUN_JSC_forceRAMSize: env.BUN_JSC_forceRAMSize ?? "100663296",
      BUN_JSC_useDFGJIT: env.BUN_JSC_useDFGJIT ?? "0",
      BUN_JSC_thresholdForJITAfterWarmUp: env.BUN_JSC_thresholdForJITAfterWarmUp ?? "5000",
      BUN_JSC_thresholdForJITSoon: env.BUN_JSC_thresholdForJITSoon ?? "2000",
      BUN_GC_TIMER_INTERVAL: env.BUN_GC_TIMER_INTERVAL ?? "10000",
    };
  }
  const serves = called === "mcpd" || (called === "mcplocal" && command !== "health") || command === "up";
  if (!serves) return undefined;
  return {
    BUN_JSC_forceRAMSize: env.BUN_JSC_forceRAMSize ?? "536870912",
    MIMALLOC_PURGE_HOLES: env.MIMALLOC_PURGE_HOLES ?? "0",
    MIMALLOC_PURGE_DELAY: env.MIMALLOC_PURGE_DELAY ?? "1000",
  };
}
