import type { Clock } from '../base/clock.ts';

/** As `promise`, or fails with `late()` after `ms`; what `promise` comes to after that is of no interest. */
export async function within<T>(
  clock: Clock,
  ms: number,
  promise: Promise<T>,
  late: () => Error,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.after(ms, () => reject(late()));
    const done = () => timer.cancel();
    promise.then(resolve, reject).finally(done);
  });
}
