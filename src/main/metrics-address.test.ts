import { expect, test } from "bun:test";
import { metricsAddress } from "./metrics-address.ts";

const FLAG = { host: "127.0.0.1", port: 1 };
const ENV = { MCPLOCAL_METRICS_LISTEN: "127.0.0.1:2" };

test("the flag goes before the environment, that before the configuration, and without any there is none", () => {
  expect(metricsAddress(FLAG, ENV, "127.0.0.1:3")).toEqual(FLAG);
  expect(metricsAddress(undefined, ENV, "127.0.0.1:3")).toEqual({ host: "127.0.0.1", port: 2 });
  expect(metricsAddress(undefined, { MCPLOCAL_METRICS_LISTEN: "" }, "127.0.0.1:3")).toEqual({ host: "127.0.0.1", port: 3 });
  expect(metricsAddress(undefined, {}, undefined)).toBeUndefined();
});

test("what is wrong is named by where it stands", () => {
  expect(() => metricsAddress(undefined, { MCPLOCAL_METRICS_LISTEN: "9464" }, undefined)).toThrow("MCPLOCAL_METRICS_LISTEN '9464'");
  expect(() => metricsAddress(undefined, {}, "9464")).toThrow("metrics.listen '9464'");
});
