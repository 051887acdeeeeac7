/** Why no verdict could be given. */
import { AppError } from "../../core/app-error.ts";
import { redactText } from "../../core/redact.ts";

export function statelessNotResponding(
  where: string,
  { startTimeoutMs }: { readonly startTimeoutMs: number },
  log: readonly string[],
): AppError {
  const said = log.length === 0 ? "" : `; its log ends with: ${redactText(log.at(-1) ?? "", 200)}`;
  return new AppError(
    "deadline",
    "STATELESS_NOT_RESPONDING",
    `The container did not answer at ${where} within ${startTimeoutMs / 1000} s${said}`,
    {
      hint: "check --port and --path, look at its log, or give it more time with --timeout 300s",
    },
  );
}

export function statelessNoPort(image: string, ports: readonly number[]): AppError {
  const what = ports.length === 0 ? "exposes no port" : `exposes the ports ${ports.join(", ")}`;
  return new AppError("invalid", "STATELESS_PORT_UNKNOWN", `The image ${image} ${what}`, {
    hint: "say which one is the MCP server's: --port 8080",
  });
}

export function statelessTokenNeeded(status: number): AppError {
  return new AppError(
    "unauthenticated",
    "STATELESS_TOKEN_NEEDED",
    `The server answers ${status}: its MCP cannot be looked at without a credential that it takes`,
    {
      hint: "give one with --token or in $MCPCTL_TOKEN; the server gets what it needs to check it with --env",
    },
  );
}
