import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

/**
 * Splits the title of a layer, a relative path with slashes, into its components.
 *
 * @throws `RegistryError` `NAME_INVALID` if the path could lead out of the output directory, on this system or on Windows.
 */
export function parseTitle(title: string, platform: string = process.platform): string[] {
  const components = title.split("/");
  const reason = whyUnsafe(title, components, platform);
  if (reason === undefined) return components;
  throw new RegistryError("NAME_INVALID", `title ${excerpt(title)} is not a valid file path: ${reason}`, {
    detail: { reason },
  });
}

function whyUnsafe(title: string, components: readonly string[], platform: string): string | undefined {
  if (title === "") return "it is empty";
  if (/\p{Cc}/u.test(title)) return "it has a control character";
  if (title.includes("\\")) return "it has a backslash, which is a separator on Windows";
  if (/^[A-Za-z]:/.test(title)) return "it begins with a drive letter";
  if (title.startsWith("/")) return "it is absolute";
  if (components.includes("")) return "it has an empty component";
  if (components.includes("..") || components.includes(".")) return "it has a component . or ..";
  if (platform === "win32") return whyNotOnWindows(components);
  return undefined;
}

function whyNotOnWindows(components: readonly string[]): string | undefined {
  // On Windows, a colon names a stream of another file, trailing dots and spaces are dropped, and every directory has the
  // names of devices.
  const isOdd = (it: string): boolean =>
    /[<>:"|?*]|[. ]$/.test(it) || /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i.test(it);
  return components.some(isOdd) ? "Windows does not allow that name" : undefined;
}

/**
 * Rejects titles that cannot all be files: equal ones, and one that is a directory of another.
 *
 * @throws `RegistryError` `NAME_INVALID`.
 */
export function requireDistinct(titles: readonly string[]): void {
  const seen: Set<string> = new Set();
  for (const title of titles) {
    if (seen.has(title))
      throw new RegistryError("NAME_INVALID", `title ${excerpt(title)} is not unique: two files have it`);
    seen.add(title);
  }
  for (const title of titles) {
    for (let slash = title.indexOf("/"); slash >= 0; slash = title.indexOf("/", slash + 1)) {
      if (!seen.has(title.slice(0, slash))) continue;
      throw new RegistryError(
        "NAME_INVALID",
        `title ${excerpt(title.slice(0, slash))} is not unique: it is a file and a directory`,
      );
    }
  }
}
