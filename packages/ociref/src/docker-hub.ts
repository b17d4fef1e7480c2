import type { Reference } from "./reference.ts";
import {
  checkParts,
  invalid,
  parseReference,
  parseHostlessReference,
  requireLength,
  splitHost,
} from "./reference.ts";

/** The host of Docker Hub, which a reference without a host means. */
export const dockerHubHost = "docker.io";

/** Other names of {@link dockerHubHost}. */
const ALIASES: ReadonlySet<string> = new Set([
  "index.docker.io",
  "registry-1.docker.io",
  "registry.hub.docker.com",
]);

/** The first component of official images on Docker Hub. */
const OFFICIAL = "library";

/** The identifier of a local image in Docker. Docker never takes it for a name. */
const IDENTIFIER = /^[a-f0-9]{64}$/;

/**
 * Parses a reference as users write it for Docker. A reference without a host means Docker Hub:
 *
 * - `ubuntu` is `docker.io/library/ubuntu`, and `user/app:1` is `docker.io/user/app:1`.
 * - `index.docker.io`, `registry-1.docker.io` and `registry.hub.docker.com` are aliases of `docker.io`.
 * - 64 hexadecimal digits alone are rejected, because Docker takes them for the identifier of a local image.
 *
 * It adds no default tag.
 *
 * @see {@link https://github.com/distribution/reference/blob/main/normalize.go}
 * @throws `RegistryError` `NAME_INVALID` or `DIGEST_INVALID`, as {@link parseReference}.
 */
export function parseRelativeReference(text: string): Reference {
  requireLength(text);
  if (IDENTIFIER.test(text)) throw invalid("repository", text, "it is the identifier of an image");
  const { host, rest } = splitHost(text);
  if (host !== undefined && host !== dockerHubHost && !ALIASES.has(host)) return parseReference(text);
  const reference = parseHostlessReference(rest);
  const { repository } = reference;
  return checkParts({
    ...reference,
    host: dockerHubHost,
    repository: repository.includes("/") ? repository : `${OFFICIAL}/${repository}`,
  });
}
