import { expect, test } from "bun:test";
import { baseUrl } from "./base-url.ts";

test("a base URL can be opened from this machine, whatever address was bound, and ends without a slash", () => {
  const urls = {
    "127.0.0.1": "http://127.0.0.1:3100",
    localhost: "http://localhost:3100",
    "10.0.0.7": "http://10.0.0.7:3100",
    "0.0.0.0": "http://127.0.0.1:3100",
    "::": "http://[::1]:3100",
    "::1": "http://[::1]:3100",
    "fe80::1": "http://[fe80::1]:3100",
  };
  for (const [hostname, url] of Object.entries(urls)) {
    expect(baseUrl(hostname, 3100)).toBe(url);
    expect(new URL(url).port).toBe("3100");
  }
});
