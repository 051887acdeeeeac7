/** Resolves with the work, or when it has taken too long; the work goes on then. */
export async function withinMs(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  // A timer that is left would keep the process.
  clearTimeout(timer);
}
