import { expect, test } from "bun:test";
import type { Grant } from "../../api/grant.ts";
import { AppError } from "../../core/app-error.ts";
import { generateCredential } from "../../core/credential.ts";
import { authenticate } from "./authenticate.ts";
import { GrantCache } from "./grant-cache.ts";

const grant: Grant = { principal: { kind: "user", id: "usr_1", name: "ann" }, bindings: [], scopes: [] };

function setup(answer: () => Promise<Grant | undefined> = async () => grant) {
  const asked: string[] = [];
  const grants = new GrantCache({
    introspect: (credential) => {
      asked.push(credential);
      return answer();
    },
    clock: { now: () => new Date(0) },
    positiveTtlMs: 30_000,
    negativeTtlMs: 5000,
    maxEntries: 10,
  });
  return { asked, grants };
}

const jwt = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbm4ifQ.c2ln-_";

test.each([
  ["an McpToken", generateCredential("token")],
  ["a session", generateCredential("session")],
  ["an operator key", generateCredential("operator")],
  ["a JWT", jwt],
])("%s is asked about as it came, under any case of the scheme", async (_, credential) => {
  for (const scheme of ["Bearer", "bearer", "BEARER"]) {
    const { asked, grants } = setup();
    expect(await authenticate(grants, `${scheme} ${credential}`)).toMatchObject({ principal: grant.principal });
    expect(asked).toEqual([credential]);
  }
});

test.each([
  ["no header", null],
  ["an empty one", ""],
])("%s is 401 and says that a bearer token is required", async (_, header) => {
  const { asked, grants } = setup();
  expect(await authenticate(grants, header)).toMatchObject({ status: 401, message: expect.stringMatching(/^Bearer token required/) });
  expect(asked).toEqual([]);
});

test.each([
  ["another scheme", "Basic dXNlcjpwYXNz"],
  ["no token", "Bearer"],
  ["two tokens", "Bearer a b"],
  ["a token with a character that none has", "Bearer a,b"],
  ["a token with control characters", "Bearer a\u0001b"],
  ["half an McpToken", "Bearer mcpctl_pat_short"],
  ["an McpToken with a tail", `Bearer ${generateCredential("token")}x`],
  ["the key of a gateway", `Bearer ${generateCredential("gateway")}`],
  ["a JWT of two parts", "Bearer a.b"],
  ["a JWT with an empty part", "Bearer a.b."],
  ["a JWT of five parts", "Bearer a.b.c.d.e"],
  ["more than 8 KiB", `Bearer ${"x".repeat(8193)}`],
])("%s is 401 and malformed, without a question", async (_, header) => {
  const { asked, grants } = setup();
  expect(await authenticate(grants, header)).toMatchObject({ status: 401, message: expect.stringMatching(/^Invalid token: /) });
  expect(asked).toEqual([]);
});

test("8 KiB of token are asked about", async () => {
  const { asked, grants } = setup();
  await authenticate(grants, `Bearer ${"x".repeat(8192)}`);
  expect(asked).toHaveLength(1);
});

test("where nobody can say, it is 503 with the cause, and the next request asks again", async () => {
  const { asked, grants } = setup(async () => {
    throw new AppError("unavailable", "API_UNREACHABLE", "mcpd at http://m:3100 cannot be reached: ECONNREFUSED");
  });
  for (const times of [1, 2]) {
    expect(await authenticate(grants, `Bearer ${jwt}`)).toMatchObject({
      status: 503,
      code: "auth_unavailable",
      message: expect.stringContaining("cannot be reached: ECONNREFUSED"),
      headers: { "retry-after": "1" },
    });
    expect(asked).toHaveLength(times);
  }
});

test("where too many bad ones came from the client's address it is 429, and mcpd is told the address", async () => {
  const heard: unknown[] = [];
  const grants = new GrantCache({
    introspect: async (_, address) => {
      heard.push(address);
      throw new AppError("exhausted", "INTROSPECTION_LIMITED", "Too many credentials that open nothing");
    },
    clock: { now: () => new Date(0) },
    positiveTtlMs: 30_000,
    negativeTtlMs: 5000,
    maxEntries: 10,
  });
  const refusal = await authenticate(grants, `Bearer ${jwt}`, "203.0.113.7");
  expect(refusal).toMatchObject({ status: 429, code: "rate_limited", headers: { "retry-after": "5" } });
  expect(heard).toEqual(["203.0.113.7"]);
});

test("what fails inside without words for people does not reach the caller", async () => {
  const { grants } = setup(async () => {
    throw new Error("password of the database");
  });
  expect(await authenticate(grants, `Bearer ${jwt}`)).toMatchObject({ status: 503, message: expect.not.stringContaining("password") });
});

test("a header that comes again is not read again, and opens nothing once its answer is gone", async () => {
  const answers: (Grant | undefined)[] = [grant, undefined];
  const { asked, grants } = setup(async () => answers.shift());
  const header = `Bearer ${jwt}`;
  expect(grants.presented(header)).toBeUndefined();
  await authenticate(grants, header);
  // The first time nobody knew that it opens anything.
  expect([authenticate(grants, header), grants.presented(header)?.credential]).toMatchObject([{ principal: grant.principal }, jwt]);
  expect(authenticate(grants, header)).toMatchObject({ principal: grant.principal });
  expect(asked).toHaveLength(1);
  grants.drop();
  expect(await authenticate(grants, header)).toMatchObject({ status: 401 });
  expect(authenticate(grants, header)).toMatchObject({ status: 401 });
  expect(asked).toHaveLength(2);
});

test("of headers a bounded number is remembered, and none that opens nothing", async () => {
  const { grants } = setup();
  for (let count = 0; count <= 1000; count += 1) grants.present(`Bearer ${count}`, { credential: `${count}`, hash: "" });
  expect([grants.presented("Bearer 0"), grants.presented("Bearer 1000")?.credential]).toEqual([undefined, "1000"]);
  const closed = setup(async () => undefined).grants;
  for (const _ of [1, 2, 3]) await authenticate(closed, `Bearer ${jwt}`);
  expect(closed.presented(`Bearer ${jwt}`)).toBeUndefined();
});
