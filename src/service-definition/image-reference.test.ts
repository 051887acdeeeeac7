import { expect, test } from "bun:test";
import { parseImageReference, versionOfImage } from "./image-reference.ts";

const DIGEST = `sha256:${"0a".repeat(32)}`;

test.each([
  ["registry/img:v1.2.0", "v1.2.0"],
  ["registry/img:latest", "latest"],
  ["registry/img", ""],
  ["img:1", "1"],
  ["registry:5000/img", ""],
  ["registry:5000/a/img:v2", "v2"],
  [`registry:5000/img@${DIGEST}`, ""],
  [`registry/img:v3@${DIGEST}`, "v3"],
  [DIGEST, ""],
  ["0a".repeat(32), ""],
])("the version of %s is '%s'", (image, version) => {
  expect(versionOfImage(image)).toBe(version);
  expect(parseImageReference(image)).toBe(image);
});

test.each([
  "",
  "--privileged",
  "a b",
  "img:",
  "img@sha256:00",
  "a//b",
  "img:v1 --net=host",
  "http://registry/img",
  "a\nb",
  `a${"/b".repeat(300)}`,
])("%j is no image", (image) => {
  expect(() => parseImageReference(image)).toThrow("is no image");
});
