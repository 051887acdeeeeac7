/** Releases what was acquired, last first; a failing release never keeps the others from running. */
export class ReleaseStack {
  private readonly releases: (() => Promise<void> | void)[] = [];

  push(release: () => Promise<void> | void): void {
    this.releases.push(release);
  }

  /** Runs every release once; returns what failed. */
  async releaseAll(): Promise<readonly unknown[]> {
    const failures: unknown[] = [];
    for (let release = this.releases.pop(); release !== undefined; release = this.releases.pop()) {
      try {
        await release();
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    return failures;
  }
}
