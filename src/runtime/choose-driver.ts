/** What an operator may ask for. */
export type DriverChoice = "auto" | "libpod" | "podman" | "docker";

/** What this machine has. */
export interface EnginesFound {
  /** The path of the program `podman`. */
  readonly podman: string | undefined;
  readonly dockerSocket: string | undefined;
}

/** The way to containers and the sentence why. */
export type ChosenDriver = { readonly why: string } & (
  | { readonly kind: "libpod"; readonly socketPath: string }
  /** podman's service is started and kept by us. */
  | { readonly kind: "own-service" }
  | { readonly kind: "podman-cli" }
  | { readonly kind: "docker"; readonly socketPath: string }
);

export const DOCKER_SOCKET = "/var/run/docker.sock";

/**
 * podman's socket first, then Docker's. Where neither is there podman is waited for: a machine may get it later, and what is
 * wanted on it stays wanted. `socket` is the path that the operator names. Pure.
 */
export function chooseDriver(choice: DriverChoice, found: EnginesFound, socket?: string): ChosenDriver {
  if (choice === "docker") {
    return { kind: "docker", socketPath: socket ?? found.dockerSocket ?? DOCKER_SOCKET, why: "the configuration asks for Docker" };
  }
  if (choice === "podman") return { kind: "podman-cli", why: "the configuration asks for podman's command line" };
  if (socket !== undefined) return { kind: "libpod", socketPath: socket, why: `the configuration names podman's socket ${socket}` };
  if (choice === "libpod")
    return { kind: "own-service", why: "the configuration asks for podman's socket, and names none: the service is our own" };
  if (found.podman !== undefined) return { kind: "own-service", why: `podman is at ${found.podman}: its service is our own` };
  if (found.dockerSocket !== undefined) {
    return { kind: "docker", socketPath: found.dockerSocket, why: `podman is not installed, and Docker listens on ${found.dockerSocket}` };
  }
  return { kind: "own-service", why: "neither podman nor Docker is here: podman is looked for again and again" };
}
