import { existsSync, readFileSync } from "node:fs";

import type { RemoteOptions } from "@ocilayout/oci-client";
import { parseReference, parseRelativeReference, isValidHost } from "@ocilayout/ociref";

import type { PlaceOptions } from "../parsing/place-options.ts";
import type { OpenRegistry, Target } from "./target.ts";

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

/** Returns the options of `openRemote` for a host. */
export function remoteOptions(
  host: string,
  { insecure, caFile, tokenServers }: Pick<PlaceOptions, "insecure" | "caFile" | "tokenServers">,
): Pick<RemoteOptions, "insecure" | "ca" | "tokenServers"> {
  const isTls = caFile === undefined ? undefined : false;
  return {
    insecure: insecure.includes(host) ? true : isTls,
    ca: caFile === undefined ? undefined : readFileSync(caFile, "utf8"),
    tokenServers,
  };
}

/** Opens the registry of a place. */
export async function openRemotePlace(
  host: string,
  places: PlaceOptions,
  { signal, onWarning }: { signal: AbortSignal; onWarning: (text: string) => void },
): Promise<OpenRegistry> {
  // Loaded on demand, because most commands read only local places.
  const { openRemote } = await import("@ocilayout/oci-client");
  return openRemote(host, {
    ...remoteOptions(host, places),
    credentials: places.anonymous ? false : undefined,
    signal,
    onWarning: ({ text }) => {
      onWarning(text);
    },
  });
}
