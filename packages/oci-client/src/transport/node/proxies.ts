import { BlockList, isIP } from "node:net";

import { isLoopback } from "../addresses.ts";

/** A proxy. */
export interface Proxy {
  /** Its address, without credentials. */
  readonly url: URL;
  /** The header `Proxy-Authorization`, if the address has credentials. */
  readonly authorization: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the proxy for requests to `url`. This machine is always reached directly.
 *
 * @param given - The address of the proxy. Defaults to that of the environment.
 * @throws TypeError if the address of the proxy is invalid.
 */
export function proxyFor(
  url: URL,
  given: string | undefined,
  environment: Environment = process.env,
): Proxy | undefined {
  if (isLoopback(url.hostname)) return undefined;
  const address = given ?? fromEnvironment(url, environment);
  return address === undefined || address === "" ? undefined : parseProxy(address);
}

function fromEnvironment(url: URL, environment: Environment): string | undefined {
  const read = (name: string): string | undefined => environment[name] ?? environment[name.toUpperCase()];
  if (isExempt(url, read("no_proxy") ?? "")) return undefined;
  if (url.protocol === "https:") return read("https_proxy");
  // In a CGI program, HTTP_PROXY is the header "Proxy" of the request (CVE-2016-5385).
  return environment["REQUEST_METHOD"] === undefined ? read("http_proxy") : environment["http_proxy"];
}

function parseProxy(address: string): Proxy {
  const whole = address.includes("://") ? address : `http://${address}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  // The address may contain a password, so the message does not.
  if (url === undefined || !["http:", "https:"].includes(url.protocol))
    throw new TypeError("the address of the proxy is not an http: or https: address");
  const { username, password } = url;
  url.username = "";
  url.password = "";
  if (username === "" && password === "") return { url, authorization: undefined };
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
}

/**
 * Whether `NO_PROXY` names the host: `*`, a domain with or without a leading dot, an address, or a range of addresses. Each may
 * have a port.
 */
function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      const [, name = "", entryPort] =
        /^(\[[^\]]*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      if (entryPort !== undefined && entryPort !== port) return false;
      return name === "*" || isNamed(host, name.replace(/^\[|\]$/g, ""));
    });
}

function isNamed(host: string, entry: string): boolean {
  const family = isIP(host);
  if (family === 0) {
    const domain = entry.replace(/^\*?\./, "");
    return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
  }
  const [address = "", bits] = entry.split("/", 2);
  if (isIP(address) !== family) return false;
  const kind = family === 4 ? "ipv4" : "ipv6";
  const most = family === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > most) return false;
  const range = new BlockList();
  range.addSubnet(address, prefix, kind);
  return range.check(host, kind);
}
