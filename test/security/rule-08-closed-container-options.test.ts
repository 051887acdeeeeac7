import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { ComponentSpecSchema, HardeningSchema, ServiceSpecSchema } from "../../gen/mcp/v1/service_spec_pb.ts";
import { createBindGuard } from "../../src/agent/component/bind-guard.ts";
import { fromSpec } from "../../src/service-definition/from-spec.ts";
import { hardeningOf } from "../../src/service-definition/hardening.ts";
import { parseServiceDefinition } from "../../src/service-definition/parse-service-definition.ts";

/** Security rule 8: container options come from a closed schema; what an image or a definition says never opens the node. */

const HEAD = 'name = "shop"\nnode = "rift"\n[[components]]\nname = "api"\nimage = "shop"\n';
const inFile = (lines: string) => () => parseServiceDefinition(HEAD + lines, "shop.toml");
const refused = expect.objectContaining({ code: "invalid", reason: "SERVICE_DEFINITION_INVALID" });

describe("a definition cannot say it", () => {
  test.each([
    ["privileged", "privileged = true"],
    ["privileged among the hardening", "hardening = { privileged = true }"],
    ["the host's network", 'network = "host"'],
    ["the host's network with options", 'network = "host:x"'],
    ["another container's network", 'network = "container:other"'],
    ["a network namespace by its path", 'network = "ns:/proc/1/ns/net"'],
    ["the host's processes", 'pid = "host"'],
    ["the host's memory", 'ipc = "host"'],
    ["another container's user namespace", 'hardening = { userns = "container:other" }'],
    ["devices", 'devices = ["/dev/mem"]'],
    ["any option of an engine", 'extra_args = ["--privileged"]'],
    ["all capabilities", 'hardening = { cap_add = ["ALL"] }'],
    ["all capabilities in small letters", 'hardening = { cap_add = ["cap_all"] }'],
    ["masks of the kernel's files removed", 'hardening = { security_opt = ["unmask=ALL"] }'],
    ["new privileges by the back door", 'hardening = { security_opt = ["no-new-privileges=false"] }'],
    ["devices and setuid programs in a tmpfs", 'hardening = { tmpfs = ["/x:dev,suid"] }'],
    ["a mount over /proc", 'volumes = ["/srv/shop/x:/proc/sys"]'],
    ["a mount over /sys", 'volumes = ["x:/sys"]'],
    ["a mount over the root", 'volumes = ["x:/"]'],
    ["a mount that climbs out", 'volumes = ["/srv/shop/../../etc:/etc"]'],
    ["a mount with options of the engine", 'volumes = ["/srv/shop:/x:rw,rshared"]'],
    ["an option in place of an image", 'image = "--privileged"'],
    ["a second option behind an image", 'image = "shop --privileged"'],
    ["an option in place of a user", 'user = "--privileged"'],
    ["a secret from elsewhere", 'secrets = { A = "/etc/shadow" }'],
    ["labels of the agent", 'labels = { "io.mcpctl.managed" = "true" }'],
  ])("%s", (_, lines) => {
    const text = /^(image) =/.test(lines) ? HEAD.replace('image = "shop"\n', `${lines}\n`) : HEAD + lines;
    expect(() => parseServiceDefinition(text, "shop.toml")).toThrow(refused);
  });
});

test("the same comes over the wire no further", () => {
  const sent = (component: object) => () =>
    fromSpec(
      create(ServiceSpecSchema, {
        name: "shop",
        node: "rift",
        components: [create(ComponentSpecSchema, { name: "api", image: "shop", ...component })],
      }),
    );
  expect(sent({})).not.toThrow();
  expect(sent({ network: "host" })).toThrow(refused);
  expect(sent({ volumes: ["/srv/../etc:/etc"] })).toThrow(refused);
  expect(sent({ image: "--privileged" })).toThrow(refused);
  expect(sent({ labels: { "io.mcpctl.managed": "true" } })).toThrow(refused);
  expect(sent({ hardening: create(HardeningSchema, { capAdd: ["ALL"] }) })).toThrow(refused);
  expect(sent({ hardening: create(HardeningSchema, { securityOpt: ["unmask=ALL"] }) })).toThrow(refused);
});

test("who writes nothing has no capabilities, no new privileges and few processes, and an open door has to be asked for", () => {
  const [plain] = inFile("")().components;
  const [trusted] = inFile('hardening = { profile = "trusted" }')().components;
  if (plain === undefined || trusted === undefined) throw new Error("both have a component");
  expect(hardeningOf(plain)).toMatchObject({ capDrop: ["ALL"], capAdd: [], noNewPrivileges: true, pids: 256 });
  expect(hardeningOf(trusted)).toMatchObject({ capDrop: [], noNewPrivileges: false });
});

test("folders of the node are mounted from the allowed roots alone, told apart at whole names, every link followed", async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "rule-08-")));
  try {
    for (const path of ["srv/shop/data", "srv/shopping", "srv/other", "extra/deep"]) mkdirSync(join(folder, path), { recursive: true });
    symlinkSync("/etc", join(folder, "srv/shop/etc"));
    symlinkSync("../other", join(folder, "srv/shop/other"));
    symlinkSync("data", join(folder, "srv/shop/inside"));
    symlinkSync("extra", join(folder, "link"));
    const guard = createBindGuard({ serviceDirectory: (service) => join(folder, "srv", service), roots: [join(folder, "link")] });
    const bind = (path: string) =>
      guard("shop", { mounts: [{ kind: "bind", source: path.startsWith("/") ? path : join(folder, path), target: "/x", readOnly: true }] });
    for (const path of ["srv/shop", "srv/shop/data", "srv/shop/inside", "extra/deep", "link/deep"]) await bind(path);
    await guard("shop", { mounts: [{ kind: "volume", source: "cache", target: "/x", readOnly: false }] });
    const outside = ["/", "/etc", "srv", "srv/shopping", "srv/other", "srv/shop/etc", "srv/shop/other", "srv/shop/../other"];
    for (const path of outside) {
      const denied = expect.objectContaining({ code: "denied", reason: "BIND_NOT_ALLOWED" });
      expect([path, await bind(path).catch((error: unknown) => error)]).toEqual([path, denied]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
