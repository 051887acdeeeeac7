import { expect, test } from "bun:test";
import { nodeSchema } from "../../api/resources/node.ts";
import { CERTIFICATE, FINGERPRINT } from "../node/certificate.fixture.ts";
import { withNounApi } from "./noun-api.fixture.ts";

const NODE = { name: "rack-1", address: "rack-1.example:9444" };
const BACKING = { kind: "component", node: "rack-1", service: "ha", component: "api", port: 8080 };

test("a node is created, read, changed and deleted, with the fingerprint of its certificate", () =>
  withNounApi(async ({ call }) => {
    const created = await call("POST", "/nodes", { body: { ...NODE, certificate: CERTIFICATE } });
    expect({ status: created.status, location: created.headers.get("location") }).toEqual({
      status: 201,
      location: "/api/v1/nodes/rack-1",
    });
    expect(nodeSchema.strict().parse(created.body)).toEqual(created.body);
    expect(created.body).toMatchObject({ ...NODE, fingerprint: FINGERPRINT, certificate: CERTIFICATE, version: 1 });
    const answers = [
      await call("GET", "/nodes/rack-1"),
      await call("GET", `/nodes/${created.body.id}`),
      await call("GET", "/nodes?name=rack-1"),
      await call("PATCH", "/nodes/rack-1", { body: { address: "10.0.0.1:9444", certificate: null }, ifMatch: '"1"' }),
      await call("PATCH", "/nodes/rack-1", { body: { address: "10.0.0.2:9444" }, ifMatch: '"1"' }),
      await call("POST", "/nodes", { body: NODE }),
      await call("DELETE", "/nodes/rack-1"),
      await call("GET", "/nodes/rack-1"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 412, 409, 204, 404]);
    expect(answers[3]?.body).toMatchObject({ address: "10.0.0.1:9444", certificate: null, fingerprint: null, version: 2 });
  }));

test.each([
  [{ address: "rack-1" }, "HOST:PORT"],
  [{ address: "rack-1:0" }, "HOST:PORT"],
  [{ address: "rack-1:70000" }, "65535"],
  [{ address: "a b:1" }, "HOST:PORT"],
  [{ address: "https://rack-1:9444" }, "HOST:PORT"],
  [{ certificate: "x" }, "PEM"],
  [{ certificate: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" }, "is no certificate"],
  [{ name: "Rack" }, "name"],
  [{ extra: 1 }, "extra"],
])("%j is refused, and why is said", (wrong, message) =>
  withNounApi(async ({ call }) => {
    const { status, body } = await call("POST", "/nodes", { body: { ...NODE, ...wrong } });
    expect([status, body.error.code]).toEqual([400, expect.stringMatching(/invalid/)]);
    expect(body.error.message).toContain(message);
  }),
);

test("a server is put on a node that there is, by who may see the node and run the service", () =>
  withNounApi(async ({ call, grant }) => {
    const server = { handle: "ha", backing: BACKING };
    expect(await call("POST", "/servers", { body: server })).toMatchObject({
      status: 404,
      body: { error: { reason: "NODE_UNKNOWN", message: "There is no node rack-1" } },
    });
    await call("POST", "/nodes", { body: NODE });
    grant("bob", { role: "create", resource: "servers" }, { role: "view", resource: "nodes" });
    expect((await call("POST", "/servers", { body: server, as: "bob" })).status).toBe(403);
    grant("bob", { role: "create", resource: "servers" }, { role: "run", resource: "services", name: "ha" });
    expect((await call("POST", "/servers", { body: server, as: "bob" })).status).toBe(403);
    const may = [
      { role: "create", resource: "servers" },
      { role: "view", resource: "nodes" },
      { role: "run", resource: "services", name: "ha" },
    ] as const;
    grant("bob", ...may);
    const created = await call("POST", "/servers", { body: server, as: "bob" });
    expect([created.status, created.body.backing]).toEqual([201, { ...BACKING, path: "/mcp" }]);
    expect(await call("DELETE", "/nodes/rack-1")).toMatchObject({ status: 409, body: { error: { reason: "NODE_IN_USE" } } });
    await call("DELETE", "/servers/ha");
    expect((await call("DELETE", "/nodes/rack-1")).status).toBe(204);
  }));

test.each([{ port: 0 }, { port: 1.5 }, { path: "mcp" }, { path: "/a b" }, { service: "../x" }, { component: "" }, { host: "x" }])(
  "a component with %j is refused",
  (wrong) =>
    withNounApi(async ({ call }) => {
      await call("POST", "/nodes", { body: NODE });
      const { status } = await call("POST", "/servers", { body: { handle: "ha", backing: { ...BACKING, ...wrong } } });
      expect(status).toBe(400);
    }),
);
