import { expect, test } from "bun:test";
import { technologyFolders } from "./technology-folders.ts";

const check = (path: string, text: string) => technologyFolders([{ path, text }]);

test("a noun or another adapter that imports an adapter is caught", () => {
  expect(check("src/control/project/project.ts", '\nimport { a } from "../http/a.ts";')).toMatchObject([
    { path: "src/control/project/project.ts", line: 2, rule: "technology-folders" },
  ]);
  expect(check("src/gateway/pipeline.ts", 'import type { A } from "./http/a.ts";')).toHaveLength(1);
  expect(check("src/agent/rpc/a.ts", 'import { b } from "../podman/b.ts";')).toHaveLength(1);
});

test("an adapter may import nouns and its own folder, and main may import adapters", () => {
  expect(check("src/control/http/routes/a.ts", 'import { a } from "../../project/project.ts"; import { b } from "../b.ts";')).toEqual([]);
  expect(check("src/main/mcpd.ts", 'import { a } from "../control/http/a.ts";')).toEqual([]);
});

test("outside the areas a folder may be named after a technology", () => {
  expect(check("src/store/open-store.ts", 'import { a } from "./sqlite/a.ts";')).toEqual([]);
});
