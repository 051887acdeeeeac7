import { expect, test } from "bun:test";
import { npmContainerfile, npmImageName, parseNpmPackage, scriptOf, serviceNameOf } from "./npm-package.ts";

test.each([
  ["npm:left", { name: "left", wanted: undefined }],
  ["npm:@scope/a.b-c", { name: "@scope/a.b-c", wanted: undefined }],
  ["npm:@scope/a@1.2.3", { name: "@scope/a", wanted: "1.2.3" }],
  ["npm:a@^1.2", { name: "a", wanted: "^1.2" }],
  ["npm:a@latest", { name: "a", wanted: "latest" }],
])("%s is a package", (text, expected) => {
  expect(parseNpmPackage(text)).toEqual(expected);
});

test.each([
  "npm:",
  "npm:../x",
  "npm:a b",
  "npm:--registry",
  "npm:A",
  "npm:a@",
  "npm:a@--x",
  "npm:a@file:/x",
  "npm:@a",
  `npm:${"a".repeat(300)}`,
])("%s is none", (text) => {
  expect(() => parseNpmPackage(text)).toThrow(expect.objectContaining({ code: "invalid", reason: "NPM_PACKAGE_INVALID" }));
});

test("an image's own name is no package", () => {
  expect(parseNpmPackage("registry.example/a:1")).toBeUndefined();
});

test("a package is started by its only program, by the one of its name, or by the one that is asked for", () => {
  const named = { name: "@s/tool", version: "1.0.0" };
  expect(scriptOf({ ...named, bin: "./dist/x.js" })).toBe("dist/x.js");
  expect(scriptOf({ ...named, bin: { other: "a.js" } })).toBe("a.js");
  expect(scriptOf({ ...named, bin: { other: "a.js", tool: "b.js" } })).toBe("b.js");
  expect(scriptOf({ ...named, bin: { other: "a.js", tool: "b.js" } }, "other")).toBe("a.js");
  const none = expect.objectContaining({ reason: "NPM_PACKAGE_NO_PROGRAM" });
  for (const bin of [undefined, {}, { a: "a.js", b: "b.js" }, { tool: "../../etc/passwd" }, { tool: "/bin/sh" }]) {
    expect(() => scriptOf({ ...named, ...(bin === undefined ? {} : { bin }) })).toThrow(none);
  }
  expect(() => scriptOf({ ...named, bin: "a.js" }, "b")).toThrow(none);
});

test("names of images and services are made of the package's", () => {
  expect(npmImageName({ name: "@s/tool", version: "1.0.0-rc.1+5" })).toBe("localhost/mcpctl/npm/s/tool:1.0.0-rc.1_5");
  expect(["@s/server-everything", "a.b_c", "9lives", "---", `@x/${"y".repeat(50)}`].map(serviceNameOf)).toEqual([
    "server-everything",
    "a-b-c",
    "lives",
    "server",
    "y".repeat(32),
  ]);
});

test("an image is made from nothing, for nobody in particular", () => {
  expect(npmContainerfile("@s/tool", "dist/x.js")).toMatchInlineSnapshot(`
"FROM scratch
COPY root /
ENV HOME=/tmp
WORKDIR /tmp
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["/mcplocal","bridge","--host","0.0.0.0","--port","8080","--script","/app/node_modules/@s/tool/dist/x.js","--"]
"
`);
});
