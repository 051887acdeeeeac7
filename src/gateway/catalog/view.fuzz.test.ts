/** That every name in a project's view leads back to the server and the name it stands for, whatever servers call their tools. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { initialized, openGateway, type TestGateway } from "../gateway.fixture.ts";
import { ScriptedServer } from "../scripted-upstream.fixture.ts";
import { advertisedName, MAX_NAME_LENGTH } from "./advertised-name.ts";

const handle = fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/);
/** Some as the specification wants them, some as nobody would want them. */
const toolName = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_.-]{1,128}$/),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 100 }),
  fc.constantFrom("__", "a__b", "b__", "_", "__proto__", "constructor", "x".repeat(64), `${"x".repeat(63)}_`),
);
const servers = fc.uniqueArray(fc.tuple(handle, fc.uniqueArray(toolName, { minLength: 1, maxLength: 5 })), {
  minLength: 1,
  maxLength: 4,
  selector: ([each]) => each,
});

function serverWith(names: readonly string[]): ScriptedServer {
  return new ScriptedServer({ lists: { tools: names.map((name) => `{"name":${JSON.stringify(name)},"inputSchema":{"type":"object"}}`) } });
}

async function open(
  setup: readonly (readonly [string, readonly string[]])[],
): Promise<{ gateway: TestGateway; played: Map<string, ScriptedServer> }> {
  const played = new Map(setup.map(([each, names]) => [each, serverWith(names)]));
  return { gateway: await openGateway({ servers: Object.fromEntries(played) }), played };
}

test("every tool that is listed is called at its server by its own name, and no two have one name", async () => {
  const property = fc.asyncProperty(servers, async (setup) => {
    const { gateway, played } = await open(setup);
    try {
      const client = await initialized(gateway);
      const listed = await client.toolNames();
      expect(new Set(listed).size).toBe(listed.length);
      expect(listed.toSorted()).toEqual(setup.flatMap(([each, names]) => names.map((name) => advertisedName(each, name))).toSorted());
      for (const [each, names] of setup) {
        for (const name of names) {
          const advertised = advertisedName(each, name);
          expect(advertised.length).toBeLessThanOrEqual(MAX_NAME_LENGTH);
          await client.request("tools/call", { name: advertised });
          const called = played.get(each)?.of("tools/call").at(-1)?.paramsText;
          expect(JSON.parse(called ?? "{}").name).toBe(name);
        }
      }
      const calls = [...played.values()].reduce((sum, server) => sum + server.of("tools/call").length, 0);
      expect(calls).toBe(listed.length);
    } finally {
      await gateway[Symbol.asyncDispose]();
    }
  });
  await fc.assert(property, { numRuns: 30, interruptAfterTimeLimit: 20_000 });
});

test("no name that is not listed reaches a server", async () => {
  const [one, two] = [serverWith(["a", "b__c"]), serverWith(["a"])];
  await using gateway = await openGateway({ servers: { one, two } });
  const client = await initialized(gateway);
  const listed = await client.toolNames();
  const made = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom(
      "one__",
      "__a",
      "one__A",
      "One__a",
      "one_a",
      "one__a ",
      "one__a__",
      "two__b__c",
      "one__b",
      "one__b__",
      "one__one__a",
      "a",
      "one",
    ),
    fc.tuple(fc.constantFrom("one", "two"), fc.string()).map(([server, name]) => `${server}__${name}`),
  );
  const property = fc.asyncProperty(made, async (name) => {
    fc.pre(!listed.includes(name));
    const { error } = await client.request("tools/call", { name });
    expect(error).toBeDefined();
  });
  await fc.assert(property);
  expect([...one.of("tools/call"), ...two.of("tools/call")]).toEqual([]);
});
