/** The headers of answers that a page may read, beside those that the Fetch standard lets it read anyway. */
const EXPOSED = [
  "Accept-Ranges",
  "Content-Range",
  "Docker-Content-Digest",
  "Docker-Distribution-API-Version",
  "Docker-Upload-UUID",
  "ETag",
  "Link",
  "Location",
  "OCI-Chunk-Min-Length",
  "OCI-Filters-Applied",
  "OCI-Subject",
  "OCI-Tag",
  "Range",
  "Retry-After",
  "Upload-Offset",
  "WWW-Authenticate",
].join(", ");

/** The headers of requests that a page may set, beside those that it may set anyway. */
const ACCEPTED =
  "Accept, Authorization, Content-Range, Content-Type, If-Match, If-None-Match, If-Range, Range";

/** How long a browser may remember what it was allowed, in seconds. */
const MAX_AGE_S = "600";

/**
 * The headers by which a browser lets a page of `origin` read an answer; with `null`, what keeps a cache from handing
 * one page the answer to another. Credentials of the browser's own are never asked for: a page that has any sends them in
 * `Authorization`.
 *
 * @see {@link https://fetch.spec.whatwg.org/#http-cors-protocol}
 */
export function sharingHeaders(origin: string | null): Readonly<Record<string, string>> {
  return {
    vary: "Origin",
    ...(origin === null
      ? {}
      : { "access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED }),
  };
}

/** The headers of the answer to a page that asks for leave before it sends the request that it means. */
export function preflightHeaders(writable: boolean): Readonly<Record<string, string>> {
  return {
    "access-control-allow-methods": writable ? "GET, HEAD, POST, PUT, PATCH, DELETE" : "GET, HEAD",
    "access-control-allow-headers": ACCEPTED,
    "access-control-max-age": MAX_AGE_S,
  };
}
