/** Docker Hub: the host in references, and the host that serves its API. */
const HUB = "docker.io";
const HUB_SERVER = "registry-1.docker.io";

/** The hosts that mean Docker Hub. */
const HUB_NAMES: ReadonlySet<string> = new Set([
  HUB,
  HUB_SERVER,
  "index.docker.io",
  "registry.hub.docker.com",
]);

/** A host, and what its repositories are called there. */
export interface Place {
  /** The host to connect to. */
  readonly server: string;
  /** The host that credentials are kept under. */
  readonly account: string;
  /** Returns the name of a repository at the server. */
  readonly nameOf: (repository: string) => string;
}

/**
 * Finds the server of a host. Docker Hub has a server of another name, and keeps official images such as `alpine` in
 * `library/alpine`.
 */
export function placeOf(host: string): Place {
  if (!HUB_NAMES.has(host)) return { server: host, account: host, nameOf: (repository) => repository };
  return {
    server: HUB_SERVER,
    account: HUB,
    nameOf: (repository) => (repository.includes("/") ? repository : `library/${repository}`),
  };
}
