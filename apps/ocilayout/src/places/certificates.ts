import { constants, existsSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import type { PlaceOptions } from "../parsing/place-options.ts";

/** Certificates in PEM, for the connection to a registry. */
export interface Certificates {
  /** The trusted authorities, beside those of Node. */
  readonly ca: readonly string[];
  /** The certificate of the client, with its chain. */
  readonly cert?: string | undefined;
  /** The private key of `cert`. */
  readonly key?: string | undefined;
}

/** The maximum size of a file, in bytes. */
const MAX_BYTES = 1024 * 1024;

/** The maximum number of files in a directory. */
const MAX_FILES = 256;

/**
 * Reads the certificates for a registry: those of `--ca-file`, and those of a directory. The directory is that of `--cert-dir`, or
 * else the first that exists of those that podman and docker use: `certs.d/HOST` in `~/.config/containers`, `/etc/containers` and
 * `/etc/docker`.
 *
 * @returns `undefined` if there is neither the file nor a directory.
 * @throws `RegistryError` `STORAGE_FAILED` if a file has no PEM, is larger than 1 MiB, or is not a regular file. It is also thrown
 * if a certificate of the client has no key, or a key has no certificate. The system's error if a file cannot be read.
 * @see {@link https://github.com/containers/image/blob/main/docs/containers-certs.d.5.md}
 */
export async function readCertificates(
  host: string,
  { caFile, certDir }: Pick<PlaceOptions, "caFile" | "certDir">,
): Promise<Certificates | undefined> {
  const directory = certDir ?? usualDirectories(host).find((place) => existsSync(place));
  const found = directory === undefined ? undefined : await readDirectory(directory);
  if (caFile === undefined) return found;
  return { ...found, ca: [await readPem(caFile), ...(found?.ca ?? [])] };
}

function usualDirectories(host: string): readonly string[] {
  const home = process.env["HOME"] ?? homedir();
  return [join(home, ".config/containers"), "/etc/containers", "/etc/docker"].map((parent) =>
    join(parent, "certs.d", host),
  );
}

/** Reads `*.crt` as authorities, and the first `*.cert`, with its `*.key`, as the certificate of the client. */
async function readDirectory(directory: string): Promise<Certificates> {
  const names = (await readdir(directory)).sort();
  if (names.length > MAX_FILES) throw unusable(directory, `it has more than ${MAX_FILES} files`);
  const ca: string[] = [];
  for (const name of names) if (name.endsWith(".crt")) ca.push(await readPem(join(directory, name)));
  const pairs = new Set(
    names.filter((name) => /\.(?:cert|key)$/.test(name)).map((name) => name.replace(/\.\w+$/, "")),
  );
  for (const pair of pairs)
    for (const missing of [`${pair}.cert`, `${pair}.key`])
      if (!names.includes(missing)) throw unusable(directory, `${missing} is missing`);
  const [first] = pairs;
  if (first === undefined) return { ca };
  const at = join(directory, first);
  return { ca, cert: await readPem(`${at}.cert`), key: await readPem(`${at}.key`) };
}

async function readPem(path: string): Promise<string> {
  // Without O_NONBLOCK the opening of a pipe would wait for its writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw unusable(path, "it is not a regular file");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, 0);
    if (bytesRead > MAX_BYTES) throw unusable(path, `it is larger than ${MAX_BYTES} bytes`);
    const text = buffer.toString("latin1", 0, bytesRead);
    if (!text.includes("-----BEGIN ")) throw unusable(path, "it has no certificate or key in PEM");
    return text;
  } finally {
    await file.close();
  }
}

function unusable(path: string, reason: string): RegistryError {
  return new RegistryError("STORAGE_FAILED", `cannot use ${excerpt(path)}: ${reason}`);
}
