import { join } from "node:path";

/** Arguments of `mcpctl up` for tests that call far more often than a client may. */
export const UNLIMITED = ["--config", join(import.meta.dir, "unlimited.toml")];
