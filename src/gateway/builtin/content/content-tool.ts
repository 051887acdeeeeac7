import type { Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../../../store/schema.ts";
import { faultFromIssues } from "./argument-fault.ts";
import type { ToolResult } from "./tool-result.ts";

export interface ContentTool {
  readonly name: string;
  /** Its entry in tools/list. Made anew at each call: ask once. */
  listing(): Readonly<Record<string, unknown>>;
  /** Throws `JsonRpcFault` -32602 where `args` break the input schema. */
  run(db: Kysely<Schema>, args: unknown): Promise<ToolResult>;
}

interface ToolDefinition<Input extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: z.ZodObject;
  run(db: Kysely<Schema>, args: z.output<Input>): Promise<ToolResult>;
}

const READ_ONLY = { readOnlyHint: true, idempotentHint: true, openWorldHint: false } as const;

export function defineTool<Input extends z.ZodObject>(definition: ToolDefinition<Input>): ContentTool {
  const { name, title, description, input, output } = definition;
  return {
    name,
    listing: () => ({
      name,
      title,
      description,
      inputSchema: jsonSchema(input, "input"),
      outputSchema: jsonSchema(output, "output"),
      annotations: READ_ONLY,
    }),
    run(db, args) {
      const parsed = input.safeParse(args);
      if (!parsed.success) throw faultFromIssues(parsed.error.issues, args);
      return definition.run(db, parsed.data);
    },
  };
}

/** Without `$schema`: the keywords used mean the same in every draft, and draft-07 validators refuse a newer one's name. */
function jsonSchema(schema: z.ZodObject, io: "input" | "output"): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
