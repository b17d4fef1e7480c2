import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

/**
 * The components of a file's path, as a layer's title says it: relative, with slashes on every system.
 *
 * @throws `RegistryError` `NAME_INVALID` where it could lead out of the directory it is written to, here or on Windows.
 */
export function parseTitle(title: string, platform: string = process.platform): string[] {
  const components = title.split("/");
  const reason = whyUnsafe(title, components, platform);
  if (reason === undefined) return components;
  throw new RegistryError("NAME_INVALID", `the title ${excerpt(title)} is no path of a file: ${reason}`, {
    detail: { reason },
  });
}

function whyUnsafe(title: string, components: readonly string[], platform: string): string | undefined {
  if (title === "") return "it is empty";
  if (/\p{Cc}/u.test(title)) return "it has a control character";
  if (title.includes("\\")) return "it has a backslash, which separates directories on Windows";
  if (/^[A-Za-z]:/.test(title)) return "it begins with a drive letter";
  if (title.startsWith("/")) return "it is absolute";
  if (components.includes("")) return "a component of it is empty";
  if (components.includes("..") || components.includes(".")) return "it has a component . or ..";
  if (platform === "win32") return whyNotOnWindows(components);
  return undefined;
}

function whyNotOnWindows(components: readonly string[]): string | undefined {
  // A colon names a stream of another file, trailing dots and spaces are dropped, and devices are in every directory.
  const isOdd = (it: string): boolean =>
    /[<>:"|?*]|[. ]$/.test(it) || /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i.test(it);
  return components.some(isOdd) ? "Windows has no file of that name" : undefined;
}

/**
 * Refuses titles that cannot all be files: two that are the same, or one that is a directory of another.
 *
 * @throws `RegistryError` `NAME_INVALID`.
 */
export function requireDistinct(titles: readonly string[]): void {
  const seen: Set<string> = new Set();
  for (const title of titles) {
    if (seen.has(title))
      throw new RegistryError("NAME_INVALID", `there are two files with the title ${excerpt(title)}`);
    seen.add(title);
  }
  for (const title of titles) {
    for (let slash = title.indexOf("/"); slash >= 0; slash = title.indexOf("/", slash + 1)) {
      if (!seen.has(title.slice(0, slash))) continue;
      throw new RegistryError("NAME_INVALID", `${excerpt(title.slice(0, slash))} is a file and a directory`);
    }
  }
}
