import { closeWriters, defineBackend, sameBackend } from "@ocilayout/oci-backend";
import type { CallOptions, Registry, RegistryCapabilities } from "@ocilayout/oci-types";
import { isRegistryError, RegistryError } from "@ocilayout/oci-types";
import {
  excerpt,
  requireArray,
  requireCount,
  requireFlag,
  requireObject,
  requireSignal,
} from "@ocilayout/oci-types/authors";
import { isValidHost } from "@ocilayout/ociref";

import type { Connection } from "./connect.ts";
import { connect } from "./connect.ts";
import type { RemoteOptions } from "./options.ts";
import { createRemoteBackend } from "./registry/backend.ts";
import { capabilitiesOf } from "./registry/capabilities.ts";
import { ping } from "./registry/ping.ts";

/** A registry at the other end of a network. Close it when you no longer need it. */
export interface RemoteRegistry extends Registry, AsyncDisposable {
  /** The origin of the registry, such as `https://registry.example.com`. */
  readonly origin: string;
  /** The promises of the registry: announced by it, declared by the caller, or required by the distribution-spec. */
  readonly capabilities: Partial<RegistryCapabilities>;
  /**
   * Asks whether the registry answers and accepts the credentials.
   *
   * @throws `RegistryError` `UNAUTHORIZED`, `DENIED`, `TOOMANYREQUESTS`, `REMOTE_FAILED`, `CLOSED`; `UNSUPPORTED` if the host
   * is not a registry.
   */
  ping(options?: CallOptions): Promise<void>;
  /** Ends all calls and closes all connections. Upload sessions stay. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a registry over HTTP as a `Registry`. Sends one request, which shows whether the host answers.
 *
 * @param host - The host, with its port if it has one: `registry.example.com`, `localhost:5000`. `docker.io` is Docker Hub.
 * @throws `RegistryError` `NAME_INVALID` for an invalid host, `REMOTE_FAILED` if it does not answer and there are no mirrors,
 * `UNSUPPORTED` if it is not a registry; the signal's reason. TypeError or RangeError for invalid options. A registry that rejects
 * the credentials is opened all the same, because it may still allow single repositories.
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md}
 */
export async function openRemote(host: string, options: RemoteOptions = {}): Promise<RemoteRegistry> {
  if (typeof host !== "string") throw new TypeError(`a host must be a string, not ${typeof host}`);
  if (!isValidHost(host))
    throw new RegistryError(
      "NAME_INVALID",
      `${excerpt(host)} is not a host with an optional port${adviceFor(host)}`,
      {
        detail: { part: "host", reason: "it is not a host with an optional port" },
      },
    );
  const settings = requireSettings(options);
  const signal = requireSignal(options);
  signal?.throwIfAborted();
  const connection = connect(host, options);
  try {
    const announced = await greet(connection, signal);
    return openOver(connection, capabilitiesOf(announced, options.capabilities), settings);
  } catch (error) {
    await connection.client.close();
    throw error;
  }
}

/** Returns what to pass instead of a URL or of an image's name. */
function adviceFor(text: string): string {
  const [, scheme = "", name = ""] = /^(?:([a-z][a-z+-]*):\/\/)?([^/]*)/i.exec(text) ?? [];
  if (name === text || !isValidHost(name)) return "";
  const plain = scheme.toLowerCase() === "http" ? ", and { insecure: true } for plain HTTP" : "";
  return `: pass ${excerpt(name)}${plain}`;
}

type Settings = ReturnType<typeof requireSettings>;

const MIB = 1024 * 1024;

function requireSettings(options: RemoteOptions) {
  requireObject(options, "options");
  const { capabilities = {}, uploads = "monolithic", mirrors = [] } = options;
  requireObject(capabilities, "capabilities");
  requireArray(mirrors, "mirrors");
  if (uploads !== "monolithic" && (uploads as string) !== "chunked")
    throw new TypeError('uploads must be "monolithic" or "chunked"');
  const positive = (value: number, name: string): number => {
    if (requireCount(value, name) === 0) throw new RangeError(`${name} must be positive`);
    return value;
  };
  return {
    uploads,
    chunkSize: positive(options.chunkSize ?? 4 * MIB, "chunkSize"),
    maxManifestBytes: positive(options.maxManifestBytes ?? 8 * MIB, "maxManifestBytes"),
    maxListItems: positive(options.maxListItems ?? 1_000_000, "maxListItems"),
    verifyOnRead: requireFlag(options.verifyOnRead ?? true, "verifyOnRead"),
  };
}

/** Pings the registry. Returns what it announces. */
async function greet({ client, hasMirrors }: Connection, signal: AbortSignal | undefined): Promise<unknown> {
  try {
    return await ping(client, signal);
  } catch (error) {
    if (isRegistryError(error, "UNAUTHORIZED", "DENIED")) return undefined;
    if (hasMirrors && isRegistryError(error, "REMOTE_FAILED", "TOOMANYREQUESTS")) return undefined;
    throw error;
  }
}

function openOver(
  { client, nameOf, hasMirrors, warn }: Connection,
  capabilities: Partial<RegistryCapabilities>,
  { maxManifestBytes, maxListItems, ...settings }: Settings,
): RemoteRegistry {
  let closing: Promise<void> | undefined;
  const begin = (): void => {
    if (closing !== undefined) throw new RegistryError("CLOSED", "this registry was closed");
  };
  const remote = { client, nameOf, hasMirrors, capabilities, maxManifestBytes, maxListItems, warn };
  const { backend, endMounts } = createRemoteBackend(remote, { ...settings, begin });
  const registry = defineBackend(backend);
  const close = async (): Promise<void> => {
    try {
      await closeWriters(registry);
      await endMounts();
    } finally {
      await client.close();
    }
  };
  return sameBackend(registry, {
    ...registry,
    capabilities: registry.capabilities ?? {},
    origin: client.origin.origin,
    async ping(options: CallOptions = {}) {
      const signal = requireSignal(options);
      begin();
      signal?.throwIfAborted();
      await ping(client, signal);
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  });
}
