import { expect, test } from "bun:test";
import fc from "fast-check";
import { commentedText } from "./commented-text.fixture.ts";
import { soundDefinition } from "./definition.fixture.ts";
import { parseServiceDefinition } from "./parse-service-definition.ts";
import { rewriteServiceDefinition } from "./rewrite-service-definition.ts";
import type { ServiceDefinition } from "./service-definition.ts";
import { scanToml } from "./toml/scan-toml.ts";

const TEXT = `# the shop
name = "shop"
node = "rift" # the new one
[[components]]
name = "api"
image = "shop:v1" # see the release notes
ports = ["80"]
[components.env]
# how loud
LEVEL = "info"
OLD = "1" # until spring
[components.healthcheck]
mcp = "/mcp"
port = 80
`;
const parsed = parseServiceDefinition(TEXT, "x");
const [api] = parsed.components;
if (api === undefined) throw new Error("the text has a component");

/** The second with the names of the first as far as they go, so that it is a change of the same service. */
function changed(first: ServiceDefinition, second: ServiceDefinition): ServiceDefinition {
  const count = Math.max(first.components.length, second.components.length);
  const components = Array.from({ length: count }, (_, index) => {
    const component = second.components[index] ?? first.components[index];
    if (component === undefined) throw new Error("one of both has it");
    const ports = component.ports.map(({ containerPort, protocol }) => ({ containerPort, protocol }));
    return { ...component, name: first.components[index]?.name ?? `added-${index}`, dependsOn: [], ports };
  });
  return { ...second, components };
}

const commentsOf = (text: string) => scanToml(text).comments.map(({ start, end }) => text.slice(start, end));

test("values are replaced, added and removed where they stand, and comments stay", () => {
  const definition: ServiceDefinition = {
    ...parsed,
    active: false,
    components: [
      {
        ...api,
        image: "shop:v2",
        env: { LEVEL: "debug", NEW: "1" },
        resources: { memoryBytes: 2 ** 28 },
        healthcheck: { probe: { kind: "tcp", port: 80 }, intervalMs: 10_000, timeoutMs: 5_000, retries: 3, deadlineMs: 60_000 },
      },
    ],
  };
  expect(rewriteServiceDefinition(TEXT, definition, "x")).toBe(`# the shop
name = "shop"
node = "rift" # the new one
active = false
[[components]]
name = "api"
image = "shop:v2" # see the release notes
ports = ["80"]
resources.memory = "256MiB"
[components.env]
# how loud
LEVEL = "debug"
# until spring
NEW = "1"
[components.healthcheck]
port = 80
tcp = true
`);
});

test("a new component follows at the end", () => {
  const definition = { ...parsed, components: [api, { ...api, name: "web" }] };
  const edited = rewriteServiceDefinition(TEXT, definition, "x");
  expect(edited).toStartWith(TEXT);
  expect(parseServiceDefinition(edited, "x")).toEqual(definition);
});

test.each([
  ["a component that is gone", { ...parsed, components: [{ ...api, name: "web" }] }],
  ["components in another order", { ...parsed, components: [{ ...api, name: "web" }, api] }],
])("%s is not for an edit", (_, definition) => {
  expect(() => rewriteServiceDefinition(TEXT, definition, "x")).toThrow(
    expect.objectContaining({ code: "precondition", reason: "SERVICE_DEFINITION_NOT_EDITABLE" }),
  );
});

test("a list with a comment in it is not replaced", () => {
  const text = TEXT.replace('["80"]', '[\n  "80", # the API\n]');
  const definition = { ...parsed, components: [{ ...api, ports: [] }] };
  expect(() => rewriteServiceDefinition(text, definition, "x")).toThrow("cannot be changed without losing what stands in it");
});

test("whatever is changed, the text gives the new definition and has every comment", () => {
  const pairs = fc
    .tuple(soundDefinition, soundDefinition)
    .chain(([first, second]) => commentedText(first).map((text) => ({ text, wanted: changed(first, second) })));
  fc.assert(
    fc.property(pairs, ({ text, wanted }) => {
      const edited = rewriteServiceDefinition(text, wanted, "x");
      expect(parseServiceDefinition(edited, "x")).toEqual(wanted);
      expect(commentsOf(edited)).toEqual(commentsOf(text));
    }),
    { numRuns: 60 },
  );
});
