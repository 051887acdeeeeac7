import { expect, test } from "bun:test";
import { libraryHomes } from "./library-homes.ts";

const check = (path: string, text: string) => libraryHomes([{ path, text }]);

test.each([
  ["src/gateway/http/a.ts", 'import { Hono } from "hono";'],
  ["src/control/project/a.ts", 'import { cors } from "hono/cors";'],
  ["src/main/a.ts", 'import { type Command, Option } from "commander";'],
  ["src/gateway/a.ts", 'import type { Command } from "commander";'],
  ["src/control/project/a.ts", 'import { Database } from "bun:sqlite";'],
  ["src/control/project/a.ts", 'import { Kysely } from "kysely";'],
  ["src/control/project/a.ts", 'import { type Selectable, Migrator } from "kysely";'],
  ["src/control/project/a.ts", 'import * as kysely from "kysely";'],
  ["src/gateway/a.ts", 'import { create } from "@bufbuild/protobuf";'],
  ["src/control/change/a.ts", 'import { Client } from "pg";'],
  ["src/store/a.ts", 'import type { Pool } from "mysql2/promise";'],
  ["src/mcp/a.ts", 'import { Client } from "@modelcontextprotocol/sdk/client/index.js";'],
  ["src/mcp/a.ts", 'import { test } from "bun:test";'],
  ["src/mcp/a.ts", 'import fs from "fs";'],
])("in %s this is caught: %s", (path, text) => {
  expect(check(path, `\n${text}`)).toMatchObject([{ path, line: 2, rule: "library-homes" }]);
});

test("an unknown library is caught, and the message says where its home is written down", () => {
  const [violation] = check("src/mcp/a.ts", 'import { leftPad } from "left-pad/index.js";');
  expect(violation?.message).toContain("left-pad has no home; give it one in test/architecture/rules/library-homes.ts");
});

test.each([
  ["src/control/http/a.ts", 'import { Hono } from "hono";'],
  ["src/cli/verb/a.ts", 'import { Command } from "commander";'],
  ["src/main/a.ts", 'import type { Command } from "commander";'],
  ["src/store/sqlite/a.ts", 'import { Database } from "bun:sqlite"; import { Kysely } from "kysely";'],
  [
    "src/control/project/a.ts",
    'import type { Kysely, Selectable } from "kysely"; import { expressionBuilder, sql, type Insertable } from "kysely";',
  ],
  ["src/gateway/a.ts", 'import { z } from "zod"; import pino from "pino"; import { Counter } from "prom-client";'],
  ["src/gateway/a.ts", 'import { spawn } from "node:child_process"; import type { Server } from "bun";'],
  ["src/gateway/a.test.ts", 'import { Client } from "@modelcontextprotocol/client"; import { test } from "bun:test";'],
])("in %s this passes: %s", (path, text) => {
  expect(check(path, text)).toEqual([]);
});
