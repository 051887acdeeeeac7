import { expect, test } from "bun:test";
import { containerInfo } from "../probe/container-info.fixture.ts";
import { componentFixture } from "../registry/registry.fixture.ts";
import { runningVersion } from "./running-version.ts";

const OURS = { "io.mcpctl.managed": "true" };
const record = { containerId: "c1", version: "v1", spec: componentFixture({ image: "localhost/api:v2" }) };

test("the version is what was written for this container, else what its component or its image says", () => {
  expect(runningVersion(record, containerInfo({ id: "c1", image: "sha256:abc", labels: OURS }))).toBe("v1");
  expect(runningVersion(record, containerInfo({ id: "c2", image: "sha256:abc", labels: OURS }))).toBe("v2");
  expect(runningVersion(record, containerInfo({ id: "c2", image: "registry.test:5000/api:v9" }))).toBe("v9");
  expect(runningVersion(record, containerInfo({ id: "c2", image: "registry.test:5000/api" }))).toBe("");
});
