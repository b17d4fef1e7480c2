/**
 * Returns the path of a member as other members and documents name it: without `.` and empty parts.
 *
 * @returns `undefined` if the path is absolute or contains `..`, so that it may be outside of the archive.
 */
export function memberPath(path: string): string | undefined {
  if (path.startsWith("/")) return undefined;
  const isPlain =
    !path.startsWith(".") && !path.includes("/.") && !path.includes("//") && !path.endsWith("/");
  if (isPlain) return path;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") ? undefined : parts.join("/");
}

/**
 * Returns the path of the target of a symlink.
 *
 * @param path - The path of the symlink, as {@link memberPath} returned it.
 * @returns `undefined` if the target is outside of the archive.
 */
export function symlinkTarget(path: string, target: string): string | undefined {
  if (target.startsWith("/")) return undefined;
  const parts = path.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}
