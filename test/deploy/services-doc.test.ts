import { expect, test } from "bun:test";
import { join } from "node:path";
import { z } from "zod";
import { formatDuration } from "../../src/service-definition/format-duration.ts";
import { DEFAULT_PIDS } from "../../src/service-definition/hardening.ts";
import { parseServiceDefinition } from "../../src/service-definition/parse-service-definition.ts";
import { HARDENING_PROFILES, writtenServiceSchema } from "../../src/service-definition/written-service.ts";

const text = await Bun.file(join(import.meta.dirname, "../../docs/SERVICES.md")).text();

/** The rows of the tables below a heading: key and default. */
function rows(heading: string): readonly (readonly [string, string])[] {
  const section = text.split(/^##+ /m).find((each) => each.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`there is no heading ${heading}`);
  return [...section.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map((match) => [match[1] ?? "", (match[2] ?? "").replaceAll("`", "")]);
}

function keysOf(schema: unknown): readonly string[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) return keysOf(schema.unwrap());
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

const component = writtenServiceSchema.shape.components.element.shape;
/** They have headings of their own. */
const TABLES = ["healthcheck", "resources", "hardening"] as const;

test("every key of a definition is in its table, and no other", () => {
  expect(rows("The service").map(([key]) => key)).toEqual([...keysOf(writtenServiceSchema)]);
  const ownKeys = Object.keys(component).filter((key) => !TABLES.some((table) => table === key));
  expect(
    rows("A component")
      .map(([key]) => key)
      .sort(),
  ).toEqual(ownKeys.sort());
  for (const table of TABLES)
    expect(
      rows(`\`[components.${table}]\``)
        .map(([key]) => key)
        .filter((key) => !isProfile(key)),
    ).toEqual([...keysOf(component[table])]);
});

test("every profile is explained, and no other", () => {
  expect(
    rows("`[components.hardening]`")
      .map(([key]) => key)
      .filter(isProfile),
  ).toEqual([...HARDENING_PROFILES]);
});

test("the defaults are those of the code", () => {
  const definition = parseServiceDefinition(
    'name = "a"\nnode = "rift"\n[[components]]\nname = "a"\nimage = "a"\nhealthcheck = { tcp = true, port = 1 }\n',
    "x",
  );
  const [{ healthcheck, stopTimeoutMs, hardening } = {} as never] = definition.components;
  const documented = Object.fromEntries(
    ["The service", "A component", ...TABLES.map((table) => `\`[components.${table}]\``)].flatMap(rows),
  );
  expect(documented).toMatchObject({
    active: String(definition.active),
    self_heal: definition.selfHeal,
    stop_timeout: formatDuration(stopTimeoutMs),
    interval: formatDuration(healthcheck?.intervalMs ?? 0),
    timeout: formatDuration(healthcheck?.timeoutMs ?? 0),
    retries: String(healthcheck?.retries),
    deadline: formatDuration(healthcheck?.deadlineMs ?? 0),
    profile: hardening.profile,
    pids: String(DEFAULT_PIDS),
  });
});

test("what is required is what a definition cannot be without", () => {
  const required = (heading: string) => rows(heading).flatMap(([key, value]) => (value === "required" ? [key] : []));
  expect(required("The service")).toEqual([...missingOf({})]);
  expect(required("A component")).toEqual([...missingOf({ name: "a", node: "rift", components: [{}] })]);
});

function missingOf(written: object): readonly string[] {
  return (writtenServiceSchema.safeParse(written).error?.issues ?? []).map(({ path }) => String(path.at(-1)));
}

test("the examples in the text are definitions", () => {
  const examples = [...text.matchAll(/^```toml\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? "");
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) expect(() => parseServiceDefinition(example, "SERVICES.md")).not.toThrow();
});

function isProfile(key: string): boolean {
  return HARDENING_PROFILES.some((profile) => profile === key);
}
