import { expect, test } from "bun:test";
import { parseListenAddress } from "./address-flags.ts";

test.each([
  ["127.0.0.1:9464", { host: "127.0.0.1", port: 9464 }],
  ["[::1]:0", { host: "::1", port: 0 }],
  ["[::ffff:127.0.0.1]:65535", { host: "::ffff:127.0.0.1", port: 65_535 }],
  ["metrics.internal:80", { host: "metrics.internal", port: 80 }],
])("%s is an address to listen on", (text, address) => {
  expect(parseListenAddress("--metrics-address", text)).toEqual(address);
});

test.each([
  "",
  "9464",
  ":9464",
  "127.0.0.1",
  "127.0.0.1:",
  "127.0.0.1:65536",
  "::1:9464",
  "[]:1",
  "[a b]:1",
  "http://a:1",
  "a b:1",
  "a:1x",
])("%j is refused, with where it came from", (text) => {
  const message = expect.stringContaining(`metrics.listen '${text}'`);
  expect(() => parseListenAddress("metrics.listen", text)).toThrow(
    expect.objectContaining({ code: "invalid", reason: "LISTEN_ADDRESS_INVALID", message }),
  );
});
