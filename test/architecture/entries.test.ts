/** The two entries of `mcplocal`: one package, one for clients that start a process, one for HTTP. */
import { expect, test } from "bun:test";
import { edgesOf, productFiles } from "./layers.ts";
import { readSourceFiles } from "./read-source-files.ts";

const HTTP = "src/main/serve-gateway.ts";
const STDIO = "src/main/bridge-stdio.ts";

const files = productFiles(await readSourceFiles());
const imports = new Map(files.map((file) => [file.path, edgesOf(file).map(({ to }) => to)]));

/** All files that a file imports, over any number of steps. */
function reachedFrom(path: string): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [path];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const to of imports.get(next) ?? []) {
      if (reached.has(to)) continue;
      reached.add(to);
      waiting.push(to);
    }
  }
  return reached;
}

test("mcplocal has two entries, and neither holds what the other is made of", () => {
  expect(imports.get("src/main/mcplocal.ts")).toEqual(expect.arrayContaining([HTTP, STDIO]));
  const [http, stdio] = [reachedFrom(HTTP), reachedFrom(STDIO)];
  expect([...http].filter((path) => path.startsWith("src/mcp/bridge/"))).toEqual([]);
  expect([...stdio].filter((path) => path.startsWith("src/gateway/"))).toEqual([]);
  expect([...stdio]).toContain("src/mcp/bridge/run-bridge.ts");
  expect([...http]).toContain("src/gateway/http/gateway-handler.ts");
});

test("the entry that speaks HTTP reads no standard input, over all that it is made of", () => {
  const reached = [HTTP, ...reachedFrom(HTTP)];
  const readers = files.filter(({ path, text }) => reached.includes(path) && /\b(process|Bun)\.stdin\b/.test(text)).map(({ path }) => path);
  expect(readers).toEqual([]);
});

test("the entry that speaks HTTP says at its head that it holds no identity and passes on its caller's bearer", () => {
  const text = files.find(({ path }) => path === HTTP)?.text ?? "";
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1]?.replaceAll(/\s*\n \* ?/g, " ") ?? "";
  expect(comment).toContain("over Streamable HTTP and nothing else");
  expect(comment).toContain("no identity and holds no secret");
  expect(comment).toMatch(/no key of a machine, a pod or an image/);
  expect(comment).toMatch(/with the bearer that its caller has sent/);
});
