import { posix } from "node:path";

/** Returns a path of an image in the form of `ImageFile.path`: absolute, without `.`, `..` and a slash at its end. */
export function normalizePath(path: string): string {
  const normal = posix.normalize(`/${path}`);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}

/** Whether `path` is `directory` or below it. Both are normal. */
export function isBelow(path: string, directory: string): boolean {
  return directory === "/" || path === directory || path.startsWith(`${directory}/`);
}
