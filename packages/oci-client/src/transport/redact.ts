/** Headers whose values are secret. */
const SECRET = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-registry-auth",
  "docker-upload-token",
]);

/** Headers that contain addresses. */
const ADDRESSES = new Set(["location", "link", "content-location", "referer"]);

/** Query parameters that are shown. All others may be signatures or tokens. */
const SHOWN = new Set(["artifactType", "digest", "from", "last", "mount", "n", "ns", "scope", "service"]);

/** The text that replaces a secret. */
const REDACTED = "[redacted]";

/** Returns an address for people: without a password, and with only those query parameters that are public. */
export function redactUrl(url: URL): string {
  const query = url.search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = ""] = pair.split("=", 1);
      return SHOWN.has(name) ? pair : `${name}=${REDACTED}`;
    });
  return `${url.origin}${url.pathname}${query.length === 0 ? "" : `?${query.join("&")}`}`;
}

/** Returns the value of a header for people. */
export function redactHeader(name: string, value: string): string {
  if (SECRET.has(name))
    return value.replace(
      /^([a-z]+ )?[^]*$/i,
      (_, scheme: string | undefined) => `${scheme ?? ""}${REDACTED}`,
    );
  if (!ADDRESSES.has(name)) return value;
  return value.replace(/(?<=[?&])([^=&>\s]+)=([^&>\s]*)/g, (pair, key: string) =>
    SHOWN.has(key) ? pair : `${key}=${REDACTED}`,
  );
}
