import { expect, test } from "bun:test";
import { promptSchema } from "../../api/resources/prompt.ts";
import { type NounApi, withNounApi } from "./noun-api.fixture.ts";

const WHO = { name: "who", description: "", required: true };
const HELLO = { name: "hello", project: "demo", arguments: [WHO], template: "Hello {{who}}" };

async function seed({ call }: NounApi): Promise<void> {
  for (const name of ["demo", "other"]) await call("POST", "/projects", { body: { name } });
}

test("a prompt is created, read, changed and deleted, by id, or by name with its project", () =>
  withNounApi(async (api) => {
    await seed(api);
    const created = await api.call("POST", "/prompts", { body: HELLO });
    expect({ status: created.status, location: created.headers.get("location") }).toEqual({
      status: 201,
      location: `/api/v1/prompts/${created.body.id}`,
    });
    expect(promptSchema.strict().parse(created.body)).toEqual(created.body);
    expect(created.body).toMatchObject({ ...HELLO, description: "", version: 1 });
    for (const path of [`/prompts/${created.body.id}`, "/prompts/hello?project=demo"])
      expect((await api.call("GET", path)).body).toEqual(created.body);
    expect(await api.call("GET", "/prompts/hello")).toMatchObject({ status: 400, body: { error: { reason: "PROMPT_PROJECT_MISSING" } } });
    expect(await api.call("GET", "/prompts/hello?project=other")).toMatchObject({
      status: 404,
      body: { error: { reason: "PROMPT_UNKNOWN" } },
    });
    const patch = { template: "Bye", arguments: [] };
    expect((await api.call("PATCH", "/prompts/hello?project=demo", { body: patch, ifMatch: '"1"' })).body).toMatchObject({
      ...patch,
      version: 2,
    });
    expect(await api.call("PATCH", "/prompts/hello?project=demo", { body: patch, ifMatch: '"1"' })).toMatchObject({ status: 412 });
    expect(await api.call("DELETE", `/prompts/${created.body.id}`)).toMatchObject({ status: 204 });
    expect(await api.call("GET", `/prompts/${created.body.id}`)).toMatchObject({ status: 404 });
  }));

test("a name is free in every project but its own", () =>
  withNounApi(async (api) => {
    await seed(api);
    const create = async (project: string) => (await api.call("POST", "/prompts", { body: { ...HELLO, project } })).status;
    expect([await create("demo"), await create("demo"), await create("other"), await create("none")]).toEqual([201, 409, 201, 404]);
  }));

test("a list shows the prompts of projects and those that the caller may view, in full pages", () =>
  withNounApi(async (api) => {
    await seed(api);
    for (const [project, name] of [
      ["demo", "aa"],
      ["demo", "bb"],
      ["other", "cc"],
      ["other", "dd"],
    ] as const) {
      await api.call("POST", "/prompts", { body: { project, name, template: "x" } });
    }
    const names = async (query: string, as: string) =>
      (await api.call("GET", `/prompts?${query}`, { as })).body.items.map((each: { name: string }) => each.name);
    api.grant("bob", { role: "view", resource: "prompts", name: "demo/bb" }, { role: "view", resource: "prompts", name: "other/*" });
    expect(await names("limit=2", "bob")).toEqual(["bb", "cc"]);
    expect(await names("sort=-name", "bob")).toEqual(["dd", "cc", "bb"]);
    expect(await names("project=demo", "bob")).toEqual(["bb"]);
    expect(await names("name=aa", "ada")).toEqual(["aa"]);
    expect(await api.call("GET", "/prompts/aa?project=demo", { as: "bob" })).toMatchObject({ status: 403 });
    api.grant("carl", { role: "view", resource: "projects" });
    expect(await api.call("GET", "/prompts", { as: "carl" })).toMatchObject({ status: 403 });
  }));

test("what could be no prompt is refused, naming the field and its limit", () =>
  withNounApi(async (api) => {
    await seed(api);
    const refused: readonly (readonly [object, string])[] = [
      [{ name: "hello_1" }, "body.name: must be"],
      [{ template: "x".repeat(32_769) }, "body.template: must have at most 32768 characters"],
      [{ template: "" }, "body.template: must not be empty"],
      [{ template: "{{who}}\u0000" }, "template: must not hold control characters"],
      [{ template: "{{whom}}" }, "template: {{whom}} is none of the arguments (who)"],
      [{ template: "Hello" }, "arguments: the template has no {{who}}"],
      [{ arguments: Array(10_000).fill(WHO) }, "body.arguments: must have at most 50 arguments"],
      [{ arguments: [WHO, WHO] }, "arguments: who stands twice"],
      [{ arguments: [{ ...WHO, name: "a b" }] }, "body.arguments.0.name: must be"],
      [{ arguments: [{ ...WHO, more: 1 }] }, "body.arguments.0"],
    ];
    for (const [body, message] of refused) {
      const answer = await api.call("POST", "/prompts", { body: { ...HELLO, ...body } });
      expect({ status: answer.status, says: answer.body.error.message.includes(message) || answer.body.error.message }).toEqual({
        status: 400,
        says: true,
      });
    }
    expect(api.nouns.recorded()).toHaveLength(2);
  }));
