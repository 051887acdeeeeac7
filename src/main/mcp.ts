/** `mcp`: another name of `mcpctl`. */
import "./mcpctl.ts";
