import { expect, test } from "bun:test";
import { effectiveCapabilities } from "./effective-capabilities.ts";

const of = (capDrop: readonly string[], capAdd: readonly string[] = []) => effectiveCapabilities({ capDrop, capAdd });

test("two ways to say the same are equal, and what differs is not", () => {
  expect(of(["ALL"])).toEqual([]);
  expect(of(["ALL"], ["NET_BIND_SERVICE", "CHOWN"])).toEqual(["CHOWN", "NET_BIND_SERVICE"]);
  expect(of([])).toHaveLength(11);
  expect(of(["NET_RAW", "MKNOD"])).toEqual(of([]));
  expect(of(["CHOWN"])).not.toEqual(of([]));
  expect(of(["CHOWN"], ["CHOWN"])).toEqual(of([]));
  expect(of([], ["SYS_ADMIN"])).toContain("SYS_ADMIN");
});
