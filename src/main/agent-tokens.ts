import type { AgentTokens } from "../cli/ports.ts";

/** The token for agents, from the identity provider and in its file. */
export const agentTokens: AgentTokens = {
  logIn: async (...given) => (await import("../agent/identity/log-in.ts")).logIn(...given),
  load: async (path) => (await import("../agent/identity/token-file.ts")).loadToken(path),
  save: async (path, token) => (await import("../agent/identity/token-file.ts")).saveToken(path, token),
};
