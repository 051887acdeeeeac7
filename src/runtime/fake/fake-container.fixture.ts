import type { ContainerInfo, ContainerSpec, ContainerState, LogChunk, PathChange } from "../runtime.ts";
import { Feed } from "./feed.fixture.ts";

export interface FakeLine extends LogChunk {
  readonly at: Date;
}

/** What a fake container is at the moment; `FakeRuntime` alone writes it. */
export class FakeContainer {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly createdAt: Date;
  readonly imageId: string;
  readonly imageDigest: string;
  readonly lines: FakeLine[] = [];
  readonly output = new Feed<FakeLine>();
  readonly changes: PathChange[] = [];
  name: string;
  state: ContainerState = "created";
  startedAt: Date | undefined;
  finishedAt: Date | undefined;
  exitCode: number | undefined;
  oomKilled = false;
  logsStayOpen = false;
  pid = 0;
  addresses: readonly string[] = [];
  /** What somebody has changed by hand; shown instead. */
  edited: Partial<ContainerInfo> = {};

  constructor(made: Pick<FakeContainer, "id" | "spec" | "createdAt" | "imageId" | "imageDigest">) {
    this.id = made.id;
    this.spec = made.spec;
    this.createdAt = made.createdAt;
    this.imageId = made.imageId;
    this.imageDigest = made.imageDigest;
    this.name = made.spec.name;
  }

  info(): ContainerInfo {
    return {
      id: this.id,
      name: this.name,
      image: this.spec.image,
      state: this.state,
      labels: this.spec.labels,
      createdAt: this.createdAt,
      imageDigest: this.imageDigest,
      imageId: this.imageId,
      startedAt: this.startedAt,
      finishedAt: this.finishedAt,
      exitCode: this.exitCode,
      oomKilled: this.oomKilled,
      pid: this.pid,
      monitorPid: this.pid === 0 ? undefined : this.pid + 1,
      addresses: this.addresses,
      spec: { ...this.spec, name: this.name },
      restartPolicy: "no",
      loosened: [],
      ...this.edited,
    };
  }

  get isUp(): boolean {
    return this.state === "running" || this.state === "paused" || this.state === "stopping";
  }
}
