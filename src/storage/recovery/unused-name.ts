import type { FileSystem } from '../../base/file-system.ts';

/** `path`, or with a number behind it where that exists already. */
export function unusedName(fileSystem: FileSystem, path: string): string {
  let name = path;
  for (let number = 1; fileSystem.stat(name); number++) name = `${path}.${number}`;
  return name;
}
