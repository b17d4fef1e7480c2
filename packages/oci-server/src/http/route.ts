import { RegistryError } from "@ocilayout/oci-types";

/** An endpoint of the distribution-spec, and the names in its path. */
export type Route =
  | { readonly to: "ping" }
  | { readonly to: "catalog" }
  | { readonly to: "tags" | "uploads"; readonly repository: string }
  | { readonly to: "manifest"; readonly repository: string; readonly reference: string }
  | { readonly to: "blob" | "referrers"; readonly repository: string; readonly digest: string }
  | { readonly to: "upload"; readonly repository: string; readonly id: string };

/**
 * Finds the endpoint of a path, or `undefined`. Reads the path from its end, because `a/manifests/b` is a valid
 * repository. Does not validate names.
 *
 * @param path - The path as the client sent it, without the query.
 * @throws {@link RegistryError} `NAME_INVALID` if the path has an invalid encoding, or an encoded slash in a name.
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
    // The registry chose the id, so it may contain an encoded slash. In a name, a slash would make two names look
    // alike.
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
  if (decoded.includes("/"))
    throw new RegistryError("NAME_INVALID", "a name cannot contain an encoded slash");
  return decoded;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new RegistryError("NAME_INVALID", "the path has an invalid percent-encoding", { cause });
  }
}
