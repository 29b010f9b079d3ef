import { createRequire } from 'node:module';
import { type CodecName, CodecUnavailableError } from './codec.ts';

const requireHere = createRequire(import.meta.url);

/**
 * Loads a codec's library when the codec is first used, so that starting the broker does not pay for
 * codecs nobody uses (each costs 5 to 10 ms). Throws CodecUnavailableError.
 */
export function lazyLibrary<T>(
  codec: CodecName,
  load: (require: NodeJS.Require) => unknown,
  isLibrary: (loaded: unknown) => loaded is T,
): () => T {
  let library: T | undefined;
  return () => {
    if (library === undefined) {
      let loaded: unknown;
      try {
        loaded = load(requireHere);
      } catch (error) {
        throw new CodecUnavailableError(`${codec} is not available on this platform`, {
          cause: error,
        });
      }
      if (!isLibrary(loaded)) {
        throw new CodecUnavailableError(`the ${codec} library has an unknown interface`);
      }
      library = loaded;
    }
    return library;
  };
}
