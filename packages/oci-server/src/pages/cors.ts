/** The headers of answers that a page may read, in addition to those that the Fetch standard allows. */
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

/** The headers of requests that a page may set, in addition to those that the Fetch standard allows. */
const ACCEPTED =
  "Accept, Authorization, Content-Range, Content-Type, If-Match, If-None-Match, If-Range, Range";

/** The time that a browser may cache the answer to a preflight request, in seconds. */
const MAX_AGE_S = "600";

/**
 * Returns the headers that let a page of `origin` read an answer. With `null`, they only keep caches from serving one
 * page the answer to another. They never allow cookies: a page with credentials sends `Authorization`.
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

/** Returns the headers of the answer to a preflight request. */
export function preflightHeaders(writable: boolean): Readonly<Record<string, string>> {
  return {
    "access-control-allow-methods": writable ? "GET, HEAD, POST, PUT, PATCH, DELETE" : "GET, HEAD",
    "access-control-allow-headers": ACCEPTED,
    "access-control-max-age": MAX_AGE_S,
  };
}
