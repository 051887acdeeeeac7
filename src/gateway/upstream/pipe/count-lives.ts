/** The same as `connect`; each time but the first it says that a life begins again. */
export function countLives<A extends readonly unknown[], T>(connect: (...args: A) => T, onRestart: () => void): (...args: A) => T {
  let lives = 0;
  return (...args) => {
    lives += 1;
    if (lives > 1) onRestart();
    return connect(...args);
  };
}
