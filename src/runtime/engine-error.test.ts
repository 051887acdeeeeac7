import { expect, test } from "bun:test";
import { errorOfRefusal } from "./engine-error.ts";

const asked = { what: "create web", container: "web", image: "localhost/web:1" };
const GHOST =
  'creating container storage: the container name "web" is already in use by 0a1b2c3d4e5f. You have to remove that container to be able to reuse that name: that name is already in use';

test.each([
  ["that name is already in use", GHOST, "CONTAINER_NAME_TAKEN"],
  ["container already exists", "name web already in use, cannot rename", "CONTAINER_NAME_TAKEN"],
  ["", 'Conflict. The container name "/web" is already in use by container "0a1b2c3d4e5f".', "CONTAINER_NAME_TAKEN"],
  ["no such container", 'no container with name or ID "web" found: no such container', "CONTAINER_NOT_FOUND"],
  ["", "No such container: web", "CONTAINER_NOT_FOUND"],
  ["image not known", "localhost/web:1: image not known", "IMAGE_NOT_FOUND"],
  ["", "No such image: localhost/web:1", "IMAGE_NOT_FOUND"],
  ["address already in use", "cannot listen on the TCP port: listen tcp4 127.0.0.1:80: bind: address already in use", "PORT_TAKEN"],
  ["", "driver failed programming external connectivity: Bind for 0.0.0.0:80 failed: port is already allocated", "PORT_TAKEN"],
  ["container state improper", "can only kill running containers: container state improper", "CONTAINER_STATE_WRONG"],
  ["", "Container 0a1b is not running", "CONTAINER_STATE_WRONG"],
  ["image is in use by a container", "image used by 0a1b: image is in use by a container", "CONTAINER_STATE_WRONG"],
  ["", 'unable to delete image "0a" by ID with more than one tag ([a:1 b:1]): please force removal', "CONTAINER_STATE_WRONG"],
  ["no space left on device", "writing blob: write /var/tmp/x: no space left on device", "DISK_FULL"],
  ["OCI runtime error", "runc create failed", "RUNTIME_FAILED"],
  ["OCI runtime error", "runc: runc create failed: container with given ID already exists: OCI runtime error", "CONTAINER_HALF_MADE"],
  ["OCI runtime error", "crun: container `0a1b2c3d4e5f` already exists: OCI runtime error", "CONTAINER_HALF_MADE"],
])("cause %j with %j is told apart", (cause, message, reason) => {
  expect(errorOfRefusal(asked, { cause, message })).toMatchObject({ reason });
});

test("a name that an invisible container holds says which, and how to find it", () => {
  const error = errorOfRefusal(asked, { cause: "that name is already in use", message: GHOST });
  expect(error.message).toContain("container 0a1b2c3d4e5f");
  expect(error.hint).toContain("--external");
});

test("the cause decides, whatever else stands in the message", () => {
  const message = "starting a container whose log says no such image: address already in use";
  expect(errorOfRefusal(asked, { cause: "address already in use", message })).toMatchObject({ reason: "PORT_TAKEN" });
});
