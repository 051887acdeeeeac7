import { expect, test } from "bun:test";
import { parseMounts, parseStatus } from "./kernel-view.ts";

test("a mount can be written to where both it and its file system are rw", () => {
  const mountinfo = [
    "277 95 0:92 / / ro,relatime - overlay overlay rw,lowerdir=/l",
    "278 277 0:93 / /data\\040set rw,relatime shared:1 - ext4 /dev/vda rw,discard",
    "279 277 0:94 / /media rw,relatime - iso9660 /dev/sr0 ro",
    "",
  ].join("\n");
  expect(parseMounts(mountinfo)).toEqual([
    { target: "/", fsType: "overlay", writable: false },
    { target: "/data set", fsType: "ext4", writable: true },
    { target: "/media", fsType: "iso9660", writable: false },
  ]);
});

test("capabilities in any set are capabilities, and a field that is not there is the loose one", () => {
  const status = "Uid:\t10001\t10001\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000400\nCapBnd:\t0000000000000001\nSeccomp:\t2\n";
  expect(parseStatus(status)).toEqual({ noNewPrivileges: false, capabilities: 0x401n, uid: 10001, seccomp: 2 });
});
