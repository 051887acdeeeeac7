import { gatewayImage } from "./gateway-image.ts";
import { JWT_KEY, type StatelessLab, statelessLab } from "./stateless-lab.ts";

export const TOOL = {
  name: "content__evo.content.search",
  args: { limit: 1, filters: { where: [{ field: "alias", op: "like", value: "{canary}" }] } },
};

/** The gateway's image alone: multi-user mode, JWTs by a shared secret, the built-in server. Call it once at the top of a test file. */
export function gatewayLab(): StatelessLab {
  return statelessLab({ image: gatewayImage(), containerPort: 3200, tool: TOOL, env: { MCP_JWT_SECRET: JWT_KEY } });
}
