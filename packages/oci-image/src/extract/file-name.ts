import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

/** The characters that a name cannot have on Windows. A colon also separates a drive or a stream. */
const NOT_ON_WINDOWS = /[\\:*?"<>|\p{Cc}]|[. ]$/u;

/** The names of devices on Windows, with any extension. */
const DEVICES = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?$/iu;

/**
 * Splits the absolute path of a file of an image into its names. The root has none.
 *
 * @throws `RegistryError` `NAME_INVALID` if a name leads elsewhere on this system: `..`, or on Windows a device, a drive or a
 * backslash.
 */
export function requireNames(path: string, platform: string): readonly string[] {
  const names = path.split("/").slice(1);
  if (path === "/") return [];
  for (const name of path.startsWith("/") ? names : [""]) {
    const reason = problemOf(name, platform);
    if (reason !== undefined)
      throw new RegistryError("NAME_INVALID", `cannot extract ${excerpt(path)}: ${reason}`, {
        detail: { reason },
      });
  }
  return names;
}

function problemOf(name: string, platform: string): string | undefined {
  if (name === "" || name === "." || name === "..") return "it is not an absolute path without dots";
  if (name.includes("\0")) return "a name has a zero byte";
  if (platform !== "win32") return undefined;
  return NOT_ON_WINDOWS.test(name) || DEVICES.test(name)
    ? "Windows does not have files of this name"
    : undefined;
}
