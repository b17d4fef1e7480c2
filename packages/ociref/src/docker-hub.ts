import type { Reference } from "./reference.ts";
import {
  checkParts,
  invalid,
  parseReference,
  parseHostlessReference,
  requireLength,
  splitHost,
} from "./reference.ts";

/** The host that a reference without one means. */
export const dockerHubHost = "docker.io";

/** Other names of {@link dockerHubHost}. */
const ALIASES: ReadonlySet<string> = new Set([
  "index.docker.io",
  "registry-1.docker.io",
  "registry.hub.docker.com",
]);

/** Where Docker Hub keeps what has no owner's name before it. */
const OFFICIAL = "library";

/** What Docker takes for the identifier of an image it has, never for a name. */
const IDENTIFIER = /^[a-f0-9]{64}$/;

/**
 * Parses a reference as people type it for Docker: without a host it means Docker Hub, and there a name of one
 * component is below `library`. `ubuntu` is `docker.io/library/ubuntu` and `user/app:1` is `docker.io/user/app:1`.
 * `index.docker.io`, `registry-1.docker.io` and `registry.hub.docker.com` are aliases of `docker.io`. No tag is added:
 * whether none means `latest` is for the caller to say. 64 hexadecimal digits alone are refused: to Docker they are the
 * identifier of an image.
 *
 * @see {@link https://github.com/distribution/reference/blob/main/normalize.go}
 * @throws `RegistryError` `NAME_INVALID` or `DIGEST_INVALID`, as {@link parseReference}.
 */
export function parseRelativeReference(text: string): Reference {
  requireLength(text);
  if (IDENTIFIER.test(text)) throw invalid("repository", text, "it is an identifier");
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
