import { existsSync } from "node:fs";

import type { RemoteOptions } from "@ocilayout/oci-client";
import { parseReference, parseRelativeReference, isValidHost } from "@ocilayout/ociref";

import type { PlaceOptions } from "../parsing/place-options.ts";
import { readCertificates } from "./certificates.ts";
import type { OpenRegistry, Purpose, Target } from "./target.ts";

/** The prefix of a place in a registry. */
export const REMOTE: string = "docker://";

/**
 * Parses the text of a place in a registry, without its prefix. As for Docker, a text without a host means Docker Hub.
 *
 * @param isWhole - Whether a host alone means the whole registry.
 * @throws `RegistryError` `NAME_INVALID` or `DIGEST_INVALID`.
 */
export function parseRemote(path: string, text: string, isWhole: boolean): Target {
  const alone = text.endsWith("/") ? text.slice(0, -1) : text;
  if (isWhole && isValidHost(alone)) return { kind: "remote", path, directory: alone, exists: true };
  const { host = "docker.io", ...reference } = parseRelativeReference(text);
  return { kind: "remote", path, directory: host, ...reference, exists: true };
}

/**
 * Parses a text whose first component is a host with a `.` or `:`, or `localhost`. A path that exists is never a registry, so
 * that nothing local is asked for on the network.
 *
 * @returns `undefined` if the text is not of that form.
 */
export function parseBareRemote(path: string): Target | undefined {
  const slash = path.indexOf("/");
  const first = path.slice(0, Math.max(0, slash));
  if (first !== "localhost" && !/[.:]/.test(first)) return undefined;
  const isHost: boolean = isValidHost(first);
  if (!isHost || existsSync(first)) return undefined;
  const { host = first, ...reference } = parseReference(path);
  return { kind: "remote", path, directory: host, ...reference, exists: true };
}

/**
 * Returns the options of `openRemote` for a host. With certificates, a registry on this machine also uses TLS.
 *
 * @throws `RegistryError` `STORAGE_FAILED` if certificates cannot be read.
 */
export async function remoteOptions(
  host: string,
  places: Pick<PlaceOptions, "insecure" | "caFile" | "certDir" | "tokenServers">,
): Promise<Pick<RemoteOptions, "insecure" | "ca" | "cert" | "key" | "tokenServers">> {
  const { insecure, tokenServers } = places;
  if (insecure.includes(host)) return { insecure: true, tokenServers };
  const certificates = await readCertificates(host, places);
  return { insecure: certificates === undefined ? undefined : false, ...certificates, tokenServers };
}

/**
 * Opens the registry of a place. As podman and skopeo do, it refuses a host that `registries.conf` blocks, and reads from the
 * mirrors in that file. To change an image, it reads from the registry itself, because a mirror may be older.
 *
 * @throws `RegistryError` `DENIED` if the host is blocked, and the errors of `openRemote` and {@link remoteOptions}.
 */
export async function openRemotePlace(
  host: string,
  places: PlaceOptions,
  { purpose, signal, onWarning }: OpenRemoteOptions,
): Promise<OpenRegistry> {
  // Loaded on demand, because most commands read only local places.
  const { mirrorsOf, openRemote, readRegistriesConf } = await import("@ocilayout/oci-client");
  const mirrors = mirrorsOf(await readRegistriesConf(), host);
  return openRemote(host, {
    ...(await remoteOptions(host, places)),
    mirrors: purpose === "read" ? mirrors : [],
    credentials: places.anonymous ? false : undefined,
    signal,
    onWarning: ({ text }) => {
      onWarning(text);
    },
  });
}

/** How a registry is opened. */
export interface OpenRemoteOptions {
  readonly purpose: Purpose;
  readonly signal: AbortSignal;
  readonly onWarning: (text: string) => void;
}
