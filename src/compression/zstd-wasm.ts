import { dirname, join } from 'node:path';
import { lazyLibrary } from './library.ts';
import type { ZstdLibrary } from './zstd-library.ts';

/** The Emscripten module inside `@bokuweb/zstd-wasm`; sizes and pointers are numbers. */
interface ZstdModule {
  HEAPU8: Uint8Array;
  _malloc(size: number): number;
  _free(pointer: number): void;
  _ZSTD_compressBound(size: number): number;
  _ZSTD_compress(
    target: number,
    capacity: number,
    source: number,
    size: number,
    level: number,
  ): number;
  _ZSTD_decompress(target: number, capacity: number, source: number, size: number): number;
  instantiateWasm?: (imports: unknown, receive: (instance: unknown) => unknown) => unknown;
  init(): void;
}

/** The part of the WebAssembly global used here; it is not among the types of Node 20. */
interface WebAssemblyGlobal {
  Module: new (program: Uint8Array) => unknown;
  Instance: new (module: unknown, imports: unknown) => unknown;
}

/** Zstandard answers errors as small negative numbers; this one is "destination too small". */
const LARGEST_ERROR_CODE = 120;
const DESTINATION_TOO_SMALL = 70;

const FIRST_ROOM = 4 * 1024 * 1024;

/**
 * The package's own way in is asynchronous and sizes its output by what the frame claims. Its module
 * takes Emscripten's hook for instantiating at once, so that is used, with our own bounds. The
 * package is pinned to the version this was written against.
 */
const library = lazyLibrary('zstd', load, isZstdModule);

function load(require: NodeJS.Require): unknown {
  const folder = dirname(require.resolve('@bokuweb/zstd-wasm'));
  const { Module } = require(join(folder, 'zstd.js')) as { Module: ZstdModule };
  // Loads program code, as `require` does, and so is no business of the file system port.
  const { readFileSync } = require('node:fs') as typeof import('node:fs');
  const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: WebAssemblyGlobal };
  const program = new wasm.Module(readFileSync(join(folder, 'zstd.wasm')));
  Module.instantiateWasm = (imports, receive) => receive(new wasm.Instance(program, imports));
  Module.init();
  return Module;
}

function isZstdModule(loaded: unknown): loaded is ZstdModule {
  const candidate = loaded as Partial<ZstdModule>;
  return (
    candidate.HEAPU8 instanceof Uint8Array &&
    typeof candidate._malloc === 'function' &&
    typeof candidate._free === 'function' &&
    typeof candidate._ZSTD_compressBound === 'function' &&
    typeof candidate._ZSTD_compress === 'function' &&
    typeof candidate._ZSTD_decompress === 'function'
  );
}

/** Calls with `bytes` and an output area in the module's memory; returns a copy of the output. */
function withMemory(
  bytes: Uint8Array,
  capacity: number,
  call: (module: ZstdModule, source: number, target: number) => number,
): Buffer {
  const module = library();
  const source = module._malloc(Math.max(1, bytes.length));
  const target = source === 0 ? 0 : module._malloc(Math.max(1, capacity));
  try {
    if (target === 0) throw new RangeError(`no memory for ${capacity} bytes`);
    // The view is replaced whenever the memory grows, so it is fetched after every allocation.
    module.HEAPU8.set(bytes, source);
    const size = call(module, source, target);
    if (size < 0 && size >= -LARGEST_ERROR_CODE) {
      if (size === -DESTINATION_TOO_SMALL) throw new RangeError(`more than ${capacity} bytes`);
      throw new Error(`error ${-size}`);
    }
    return Buffer.from(module.HEAPU8.subarray(target, target + size));
  } finally {
    if (source !== 0) module._free(source);
    if (target !== 0) module._free(target);
  }
}

/** Zstandard for Node releases without their own. */
export const zstdWasm: ZstdLibrary = {
  compress(bytes, level) {
    const capacity = library()._ZSTD_compressBound(bytes.length);
    return withMemory(bytes, capacity, (module, source, target) =>
      module._ZSTD_compress(target, capacity, source, bytes.length, level),
    );
  },

  decompress(bytes, capacity) {
    // The module's memory never shrinks, so the room for output whose size is not declared is found
    // by trying, at most a third more work.
    for (let room = FIRST_ROOM; ; room *= 4) {
      const enough = Math.min(room, capacity);
      try {
        return withMemory(bytes, enough, (module, source, target) =>
          module._ZSTD_decompress(target, enough, source, bytes.length),
        );
      } catch (error) {
        if (!(error instanceof RangeError) || enough === capacity) throw error;
      }
    }
  },
};
