/** The name of Docker Hub in references, and the name that Docker's own files and helpers have for it. */
const HUB = "docker.io";
export const HUB_KEY = "https://index.docker.io/v1/";

/** The hosts that mean Docker Hub. */
const HUB_HOSTS: ReadonlySet<string> = new Set([HUB, "index.docker.io", "registry-1.docker.io"]);

/** Returns the keys under which Docker's helpers may have the credentials of a host, the usual one first. */
export function helperKeys(host: string): readonly string[] {
  return toHost(host) === HUB ? [HUB_KEY, HUB] : [host];
}

/**
 * Finds the keys of a file that are for a host and repository: the most specific first, and of equals the usual one. Hosts are
 * compared whole, so that a key for one host never fits another.
 *
 * - `https://registry.example.com/v1/`, as Docker writes it: the whole host. Any path is ignored.
 * - `registry.example.com/team`, as podman writes it: the repositories below that path.
 */
export function matchingKeys(
  keys: readonly string[],
  host: string,
  repository: string | undefined,
): readonly string[] {
  const wanted = toHost(host);
  return keys
    .flatMap((key) => {
      const { host: owner, path } = parseKey(key);
      if (owner !== wanted || !isAtOrAbove(path, repository)) return [];
      return [{ key, rank: [path.length, Number(helperKeys(host)[0] === key), Number(key === host)] }];
    })
    .sort((a, b) => compare(b.rank, a.rank))
    .map(({ key }) => key);
}

/** Whether a key is for a whole host, not for a path. */
export function isWholeHost(key: string): boolean {
  return parseKey(key).path === "";
}

function parseKey(key: string): { readonly host: string; readonly path: string } {
  const [, scheme = "", host = "", path = ""] = /^(https?:\/\/)?([^/]*)(?:\/([^]*))?$/i.exec(key) ?? [];
  const isWhole = scheme !== "" || /^(?:v[12]\/?)?$/.test(path);
  return { host: toHost(host), path: isWhole ? "" : path.replace(/\/$/, "") };
}

function toHost(host: string): string {
  const lower = host.toLowerCase();
  return HUB_HOSTS.has(lower) ? HUB : lower;
}

function isAtOrAbove(path: string, repository: string | undefined): boolean {
  if (path === "") return true;
  return repository !== undefined && `${repository}/`.startsWith(`${path}/`);
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, index) => value !== other[index]);
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}
