import { expect, test } from "bun:test";
import { secretSchema } from "../../api/resources/secret.ts";
import { withNounApi } from "./noun-api.fixture.ts";

const VALUE = "correct horse battery staple";

test("a secret is created, read, changed and deleted, and no answer ever holds its value", () =>
  withNounApi(async ({ call, nouns }) => {
    const created = await call("POST", "/secrets", { body: { name: "key", description: "of ours", value: VALUE } });
    expect({ status: created.status, location: created.headers.get("location") }).toEqual({ status: 201, location: "/api/v1/secrets/key" });
    expect(secretSchema.strict().parse(created.body)).toEqual(created.body);
    expect(created.body).toMatchObject({ name: "key", description: "of ours", usedBy: [], version: 1 });
    const answers = [
      created,
      await call("GET", "/secrets/key"),
      await call("GET", `/secrets/${created.body.id}`),
      await call("GET", "/secrets?name=key"),
      await call("PATCH", "/secrets/key", { body: { value: `${VALUE}!` }, ifMatch: '"1"' }),
      await call("PATCH", "/secrets/key", { body: { value: VALUE }, ifMatch: '"1"' }),
      await call("POST", "/secrets", { body: { name: "key", value: VALUE } }),
      await call("POST", "/secrets", { body: { name: "key-2", value: `${VALUE}\u0000` } }),
      await call("DELETE", "/secrets/key"),
      await call("GET", "/secrets/key"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 200, 412, 409, 400, 204, 404]);
    expect(JSON.stringify([answers, nouns.changes])).not.toContain("horse");
  }));

test("a secret that a server names is not deleted, and says so to those who may see the server", () =>
  withNounApi(async ({ call, grant }) => {
    await call("POST", "/secrets", { body: { name: "key", value: VALUE } });
    const backing = { kind: "url", url: "https://example.org/", secretHeaders: { Authorization: "key" } };
    await call("POST", "/servers", { body: { handle: "api", backing } });
    expect((await call("GET", "/secrets/key")).body.usedBy).toEqual(["api"]);
    expect(await call("DELETE", "/secrets/key")).toMatchObject({
      status: 409,
      body: { error: { code: "conflict", reason: "SECRET_IN_USE" } },
    });
    grant("bob", { role: "view", resource: "secrets" });
    expect((await call("GET", "/secrets/key", { as: "bob" })).body.usedBy).toEqual([]);
    await call("DELETE", "/servers/api");
    expect(await call("DELETE", "/secrets/key")).toMatchObject({ status: 204 });
  }));

test("a list shows what the caller may view, in pages, and refuses who may view none", () =>
  withNounApi(async ({ call, grant }) => {
    for (const name of ["aa", "bb", "cc"]) await call("POST", "/secrets", { body: { name, value: VALUE } });
    grant("bob", { role: "view", resource: "secrets", name: "bb" }, { role: "view", resource: "secrets", name: "cc" });
    const page = await call("GET", "/secrets?limit=1", { as: "bob" });
    expect(page.body.items).toMatchObject([{ name: "bb" }]);
    expect((await call("GET", `/secrets?limit=1&cursor=${page.body.nextCursor}`, { as: "bob" })).body).toMatchObject({
      items: [{ name: "cc" }],
      nextCursor: null,
    });
    grant("carl");
    expect(await call("GET", "/secrets", { as: "carl" })).toMatchObject({ status: 403 });
    for (const name of ["aa", "none"]) expect(await call("GET", `/secrets/${name}`, { as: "bob" })).toMatchObject({ status: 403 });
  }));

test("what could be no secret is refused, and the refusal does not repeat the value", () =>
  withNounApi(async ({ call }) => {
    const refused: readonly (readonly [object, string])[] = [
      [{ name: "key", value: "" }, "body.value: must not be empty"],
      [{ name: "key", value: "hush".repeat(5000) }, "body.value: must have at most 16384 characters"],
      [{ name: "key", value: ["hush"] }, "body.value: "],
      [{ name: "key" }, "body.value: "],
      [{ name: "kеy", value: "hush" }, "body.name: must be"],
    ];
    for (const [body, message] of refused) {
      const answer = await call("POST", "/secrets", { body });
      expect({ status: answer.status, says: answer.body.error.message.includes(message) || answer.body.error.message }).toEqual({
        status: 400,
        says: true,
      });
      expect(JSON.stringify(answer.body)).not.toContain("hush");
    }
  }));
