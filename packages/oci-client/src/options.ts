import type { CallOptions, RegistryCapabilities } from "@ocilayout/oci-types";

import type { Credentials, CredentialSource } from "./auth/credentials.ts";
import type { RegistryWarning } from "./requests/warnings.ts";
import type { HttpEvent } from "./transport/observe.ts";
import type { TransportOptions } from "./transport/options.ts";
import type { Transport } from "./transport/transport.ts";

/** A mirror of a registry: see `RemoteOptions.mirrors`. */
export interface MirrorOptions {
  /** Its host, with its port if it has one. */
  readonly host: string;
  /** Whether it is plain HTTP. Defaults as `RemoteOptions.insecure` does. */
  readonly insecure?: boolean | undefined;
  /** The value of the query parameter `ns`, by which a mirror of several registries knows which one is meant. Defaults to none. */
  readonly namespace?: string | undefined;
  /**
   * Returns the name that a repository has on the mirror, or `undefined` if the mirror is not for this request. Defaults to the
   * same name.
   */
  readonly rewrite?: ((repository: string, reference: string) => string | undefined) | undefined;
}

/** Options of `openRemote`. */
export interface RemoteOptions extends CallOptions, Omit<TransportOptions, "origin"> {
  /**
   * The credentials, or a function that finds them. Defaults to those that Docker and podman use: `config.json` with its
   * credential helpers, `auth.json`, and the environment. `false` means none. They are sent to the registry's own origin and to
   * its token server only.
   */
  readonly credentials?: Credentials | CredentialSource | false | undefined;
  /** Whether to use plain HTTP. Defaults to true for this machine (loopback), and to false for others. */
  readonly insecure?: boolean | undefined;
  /**
   * Hosts that may receive the credentials as token servers, beside the registry's own host. Each has its port if that is not the
   * scheme's own. The token servers of Docker Hub and GitLab are known. Defaults to none.
   */
  readonly tokenServers?: readonly string[] | undefined;
  /**
   * Hosts with a private address that redirects and uploads may lead to, each with its port if that is not the scheme's own. They
   * never receive credentials. Defaults to none: the registry's own host and public hosts are always allowed.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /**
   * The mirrors that are asked for content before the registry, in this order: addresses such as `https://mirror.example.com`, or
   * `mirrorsOf(await readRegistriesConf(), host)`. A push never goes to a mirror. Defaults to none.
   */
  readonly mirrors?: readonly (string | MirrorOptions)[] | undefined;
  /**
   * The known promises of the registry: `{ deleteTag: false }`. They override those that the registry announces. Only the servers of this
   * project announce anything. Of any other registry these are false unless they are declared here:
   * `anonymousMounts`, `atomicTags`, `checksReferences`, `comparesReferences`, `conditionalTags`, `deniesReferenced`.
   */
  readonly capabilities?: Partial<RegistryCapabilities> | undefined;
  /**
   * How blobs are pushed. `"monolithic"`, the default, sends each in one request; only content of unknown size above `chunkSize`
   * is sent in chunks. `"chunked"` suits a proxy with a limit for the size of a request.
   */
  readonly uploads?: "monolithic" | "chunked" | undefined;
  /** The size of a chunk, in bytes. Defaults to 4 MiB. */
  readonly chunkSize?: number | undefined;
  /** The largest manifest that is pushed or read, in bytes. Defaults to 8 MiB. Larger ones fail with `SIZE_INVALID`. */
  readonly maxManifestBytes?: number | undefined;
  /** The most items of a list. Defaults to 1,000,000. A longer list fails with `REMOTE_FAILED`. */
  readonly maxListItems?: number | undefined;
  /** Whether blobs are verified while they are read. Defaults to true. `ReadOptions.verify` overrides it. */
  readonly verifyOnRead?: boolean | undefined;
  /** How often a request is sent again after a failure. Defaults to 5. A connection that this machine refuses is made again once. */
  readonly retries?: number | undefined;
  /** The longest that one request waits between its attempts, in milliseconds, in total. Defaults to 300,000. */
  readonly maxRetryMs?: number | undefined;
  /** The most requests to one host at once: this many with a body, and this many without. Defaults to 6. */
  readonly concurrency?: number | undefined;
  /** Receives the warnings of the registry and of this client, each text once. */
  readonly onWarning?: ((warning: RegistryWarning) => void) | undefined;
  /** Receives each request and response, for debugging. Tokens and passwords are left out. */
  readonly onRequest?: ((event: HttpEvent) => void) | undefined;
  /** Sends the requests instead of Node's HTTP client or `fetch`. The other options of the transport are then unused. */
  readonly transport?: Transport | undefined;
}
