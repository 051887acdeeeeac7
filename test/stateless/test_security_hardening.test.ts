import { expect } from "bun:test";
import { kernelView } from "../../src/verify/stateless/linux/kernel-view.ts";
import { STATELESS } from "../../src/verify/stateless/stateless-spec.ts";
import { gatewayLab } from "./gateway-lab.ts";
import { requiresContainers } from "./stateless-lab.ts";

const suite = gatewayLab();

async function kernel() {
  const view = await kernelView((await suite.statelessContainer()).info.pid);
  if (view === undefined) throw new Error("the kernel's view of the container cannot be read here");
  return view;
}

requiresContainers("test_all_capabilities_dropped", async () => {
  const { info } = await suite.statelessContainer();
  expect(info.spec).toMatchObject({ capDrop: ["ALL"], capAdd: [] });
  expect((await kernel()).capabilities).toBe(0n);
});

requiresContainers("test_no_new_privileges", async () => {
  const { info } = await suite.statelessContainer();
  expect(info.spec.noNewPrivileges).toBe(true);
  expect(await kernel()).toMatchObject({ noNewPrivileges: true, seccomp: 2 });
});

requiresContainers("test_root_filesystem_is_read_only", async () => {
  const { info } = await suite.statelessContainer();
  expect(info.spec.readOnly).toBe(true);
  expect((await kernel()).mounts.filter(({ target }) => target === "/")).toEqual([{ target: "/", fsType: "overlay", writable: false }]);
});

requiresContainers("test_tmpfs_for_temporary_storage_only", async () => {
  const { info } = await suite.statelessContainer();
  expect(info.spec.mounts).toEqual([]);
  const mounts = (await kernel()).mounts.filter(({ target }) => (STATELESS.tmpfs as readonly string[]).includes(target));
  expect(mounts.map(({ fsType, writable }) => `${fsType} ${writable}`)).toEqual(["tmpfs true", "tmpfs true", "tmpfs true"]);
});
