import { moveBelow, parseLocation } from "./location.ts";
import type { MirrorRule } from "./mirror-rule.ts";

/**
 * Parses the address of a mirror: `https://mirror.example.com`, `http://localhost:5000`, or without a scheme. Repositories keep
 * their names, below the path of the address if it has one.
 *
 * @throws TypeError if it is not the address of a registry.
 */
export function parseMirror(address: string): MirrorRule {
  if (typeof address !== "string") throw new TypeError(`a mirror must be a string, not ${typeof address}`);
  const [, scheme, rest = ""] = /^(?:(https?):\/\/)?([^]*)$/.exec(address) ?? [];
  const location = parseLocation(rest);
  if (location === undefined)
    throw new TypeError(
      "a mirror must be an address such as https://mirror.example.com, with an optional path",
    );
  return {
    host: location.host,
    insecure: scheme === undefined ? undefined : scheme === "http",
    rewrite: (repository) => moveBelow(repository, "", location.path),
  };
}
