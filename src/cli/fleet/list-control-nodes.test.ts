import { expect, test } from "bun:test";
import { fakeApi } from "../fake-api.fixture.ts";
import { listControlNodes } from "./list-control-nodes.ts";

const NODE = { name: "rack-1", address: "rack-1:9444", description: "" };

test("the nodes of mcpd are listed with what they are known by", async () => {
  const { fetch } = fakeApi({
    nodes: [
      { ...NODE, certificate: "PEM", fingerprint: "AB:CD" },
      { ...NODE, name: "rack-2" },
    ],
  });
  const env = { MCPCTL_URL: "http://127.0.0.1:3100", MCPCTL_API_TOKEN: "mcpctl_ses_test" };
  expect(await listControlNodes({ env, context: undefined, fetch }, () => undefined)).toEqual([
    { name: "rack-1", address: "rack-1:9444", fingerprint: "AB:CD" },
    { name: "rack-2", address: "rack-1:9444" },
  ]);
});

test("where no installation is known, or nobody is logged in, there are none", async () => {
  const { fetch, calls } = fakeApi({ nodes: [NODE] });
  expect(await listControlNodes({ env: {}, context: undefined, fetch }, () => undefined)).toEqual([]);
  const env = { MCPCTL_URL: "http://127.0.0.1:3100" };
  expect(await listControlNodes({ env, context: undefined, fetch }, () => undefined)).toEqual([]);
  expect(calls).toEqual([]);
});
