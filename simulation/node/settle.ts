/**
 * Resolves when every promise that can run has run: the one thing that a simulated world needs of the
 * real event loop, which has nothing else to do and so adds no chance.
 */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
