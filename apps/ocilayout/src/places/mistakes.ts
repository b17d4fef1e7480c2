import { existsSync, statSync } from "node:fs";

import { excerpt } from "@ocilayout/oci-types/authors";
import { isValidHost } from "@ocilayout/ociref";

import { UsageError } from "../errors/usage-error.ts";

/** The prefixes of places on this machine, after which an absolute path may follow, and the transports of skopeo. */
const PREFIXES =
  /^(?:tree|oci|oci-archive|docker-archive|containers-storage|dir|docker-daemon|ostree|sif|tarball):/;

/**
 * Rejects a text like `https://host/app:v1` or `docker:/app`, which would otherwise name a directory `https:`.
 *
 * @throws {@link UsageError} If the text begins with an unknown prefix and a slash, and there is no path of that name.
 */
export function rejectUrl(path: string): void {
  const [, scheme = "", slashes = "", rest = ""] = /^([a-z][a-z0-9+.-]+):(\/+)(.*)$/is.exec(path) ?? [];
  if (scheme === "" || path.startsWith("docker://") || PREFIXES.test(path)) return;
  if (existsSync(scheme) || existsSync(`${scheme}:`)) return;
  const place = rest === "" ? "HOST/REPOSITORY:TAG" : rest.replace(/\/$/, "");
  const what =
    scheme === "docker"
      ? "needs two slashes"
      : slashes === "/"
        ? "begins with an unknown prefix"
        : "is a URL";
  throw new UsageError(`${excerpt(path)} ${what}: write docker://${place}`);
}

/**
 * Rejects a registry without a repository, for verbs that need an image. A name without a dot is that of an image of Docker Hub.
 *
 * @param text - The text after `docker://`.
 * @throws {@link UsageError} If the text is only a host.
 */
export function rejectHostAlone(path: string, text: string): void {
  const host = text.replace(/\/$/, "");
  const isHost: boolean = isValidHost(host) && /^(?:localhost(?::|$)|\[|[^:]*\.)/.test(host);
  if (isHost)
    throw new UsageError(`${path.replace(/\/$/, "")} needs a repository: docker://${host}/REPOSITORY:TAG`);
}

/**
 * Rejects the name of a compressed archive as that of a new archive or layout.
 *
 * @param file - The file, with or without the reference of an image.
 * @throws {@link UsageError} If the name ends in `.tar.gz`, `.tgz` or the like, and is not that of a directory.
 */
export function rejectCompressed(file: string): void {
  const [, whole = "", name = ""] =
    /^(([^:@]+)\.(?:tar\.(?:gz|bz2|xz|zst)|tgz|tzst))(?:[:@]|$)/i.exec(file) ?? [];
  if (whole === "" || statSync(whole, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new UsageError(`archives are written without compression: name it ${name}.tar`);
}
