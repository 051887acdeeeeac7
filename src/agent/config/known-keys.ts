import { z } from "zod";
import { agentConfigSchema } from "./agent-config.ts";

/** The schema of what stands in the file, without defaults and what is made of it. */
export function writtenSchema(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return writtenSchema(schema.unwrap());
  return schema instanceof z.ZodPipe ? writtenSchema(schema.in) : schema;
}

/** Every `table.key` with the schema of what is written there. */
export const AGENT_CONFIG_KEYS: ReadonlyMap<string, unknown> = new Map(
  Object.entries(agentConfigSchema.shape).flatMap(([table, schema]) => {
    const written = writtenSchema(schema);
    const shape: Readonly<Record<string, unknown>> = written instanceof z.ZodObject ? written.shape : {};
    return Object.entries(shape).map(([key, value]) => [`${table}.${key}`, writtenSchema(value)] as const);
  }),
);

/** The variable that overrides a key: `MCP_AGENT_SERVER_GRPC_ADDR`. */
export function variableOf(key: string): string {
  return `${VARIABLE_PREFIX}${key.toUpperCase().replace(".", "_")}`;
}

export const VARIABLE_PREFIX = "MCP_AGENT_";
