import { RegistryError } from "@ocilayout/oci-types";

/** Where a request goes: one endpoint of the distribution-spec, and what its path names. */
export type Route =
  | { readonly to: "ping" }
  | { readonly to: "catalog" }
  | { readonly to: "tags" | "uploads"; readonly repository: string }
  | { readonly to: "manifest"; readonly repository: string; readonly reference: string }
  | { readonly to: "blob" | "referrers"; readonly repository: string; readonly digest: string }
  | { readonly to: "upload"; readonly repository: string; readonly id: string };

/**
 * Finds the endpoint of a path, reading it from its end: a repository may be called `a/manifests/b`. `undefined` where
 * there is none. Names are not validated.
 *
 * @param path - As it was sent, without the query.
 * @throws {@link RegistryError} `NAME_INVALID` where the path is not well encoded, or hides a slash.
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints}
 */
export function findRoute(path: string): Route | undefined {
  const [root, version, ...segments] = path.split("/");
  if (root !== "" || version !== "v2") return undefined;
  const last = decodeSegment(segments.pop() ?? "");
  if (segments.length === 0)
    return last === "" ? { to: "ping" } : last === "_catalog" ? { to: "catalog" } : undefined;
  const before = segments.pop();
  if (before === "uploads" && segments.at(-1) === "blobs" && segments.length > 1) {
    const repository = decodeName(segments.slice(0, -1));
    // An id is whatever the registry gave out; only in names is a hidden slash one name for two things.
    return last === "" ? { to: "uploads", repository } : { to: "upload", repository, id: last };
  }
  if (segments.length === 0) return undefined;
  requirePlain(last);
  const repository = decodeName(segments);
  if (before === "manifests") return { to: "manifest", repository, reference: last };
  if (before === "referrers") return { to: "referrers", repository, digest: last };
  if (before === "tags" && last === "list") return { to: "tags", repository };
  if (before === "blobs")
    return last === "uploads" ? { to: "uploads", repository } : { to: "blob", repository, digest: last };
  return undefined;
}

function decodeName(segments: readonly string[]): string {
  return segments.map((segment) => requirePlain(decodeSegment(segment))).join("/");
}

function requirePlain(decoded: string): string {
  if (decoded.includes("/")) throw new RegistryError("NAME_INVALID", "a slash in a name must not be encoded");
  return decoded;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new RegistryError("NAME_INVALID", "the path is not well encoded", { cause });
  }
}
