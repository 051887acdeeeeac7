import type { Command } from "commander";
import { AppError } from "../core/app-error.ts";
import { mcpHealthCheck } from "../mcp/client/mcp-health-check.ts";
import { parseHost, parsePort } from "./address-flags.ts";

export interface HealthDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  stdout(text: string): void;
}

const AFTER_HELP = `
Exit codes:
  0  it answers
  1  it does not

An image without a shell is asked by this command how it is.
`;

/** Less than engines and orchestrators give a health check. */
const TIMEOUT_MS = 4000;

/** `mcplocal health`: whether the gateway on this machine answers. */
export function addHealthCommand(program: Command, deps: HealthDeps): void {
  program
    .command("health")
    .description("ask the gateway on this machine whether it lives")
    .option("--url <base>", "base URL of the gateway (default: where $MCPLOCAL_HTTP_HOST and $MCPLOCAL_HTTP_PORT say that it listens)")
    .addHelpText("after", AFTER_HELP)
    .action(async ({ url }: { readonly url?: string }) => {
      const base = url ?? localUrl(deps.env);
      const verdict = await mcpHealthCheck(base, { timeoutMs: TIMEOUT_MS });
      if (!verdict.healthy) throw new AppError("unavailable", "GATEWAY_UNHEALTHY", verdict.reason);
      deps.stdout(`${base} answers ${verdict.status}\n`);
    });
}

/** Who listens on every address listens on loopback too. */
function localUrl({ MCPLOCAL_HTTP_HOST: named = "127.0.0.1", MCPLOCAL_HTTP_PORT: port = "3200" }: HealthDeps["env"]): string {
  const host = parseHost("MCPLOCAL_HTTP_HOST", named);
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reached.includes(":") ? `[${reached}]` : reached}:${parsePort("MCPLOCAL_HTTP_PORT", port)}`;
}
