import { createAuthenticator } from "./auth/create-authenticator.ts";
import type { CredentialSource } from "./auth/credentials.ts";
import { fixedCredentials } from "./auth/sources.ts";
import { parseMirror } from "./mirrors/mirror-list.ts";
import type { MirrorOptions, RemoteOptions } from "./options.ts";
import { placeOf } from "./registry/hub.ts";
import { systemClock } from "./requests/clock.ts";
import { createRegistryClient } from "./requests/create-registry-client.ts";
import type { MirrorEndpoint } from "./requests/mirror-endpoint.ts";
import { originOf } from "./requests/origin.ts";
import type { RegistryClient } from "./requests/registry-client.ts";
import { rememberAddresses } from "./transport/failed-host.ts";
import { observeTransport } from "./transport/observe.ts";
import { createTransport, defaultCredentials } from "#platform";

/** A connection to one registry. */
export interface Connection {
  readonly client: RegistryClient;
  readonly nameOf: (repository: string) => string;
  readonly hasMirrors: boolean;
  /** Reports a warning of this client. */
  readonly warn: (text: string) => void;
}

/** Connects the layers below a registry: transport, authentication, mirrors. Sends no request. */
export function connect(host: string, options: RemoteOptions): Connection {
  const { server, account, nameOf } = placeOf(host);
  const { insecure, onRequest, onWarning, mirrors = [] } = options;
  const origin = originOf(server, insecure);
  const credentials = credentialsFor(account, options);
  const sending = rememberAddresses(options.transport ?? createTransport({ ...options, origin }));
  const transport = onRequest === undefined ? sending : observeTransport(sending, onRequest);
  const authenticatorOf = (at: URL, name: string): MirrorEndpoint["authenticator"] =>
    createAuthenticator({
      origin: at,
      host: name,
      credentials,
      transport,
      allowedRealms: options.tokenServers,
      time: systemClock,
    });
  const mirrorOf = (given: string | MirrorOptions): MirrorEndpoint => {
    const mirror = typeof given === "string" ? parseMirror(given) : given;
    const at = originOf(mirror.host, mirror.insecure ?? insecure);
    return { ...mirror, origin: at, authenticator: authenticatorOf(at, mirror.host) };
  };
  const client = createRegistryClient({
    ...options,
    origin,
    transport,
    authenticator: authenticatorOf(origin, account),
    mirrors: mirrors.map(mirrorOf),
  });
  return {
    client,
    nameOf,
    hasMirrors: mirrors.length > 0,
    warn: (text) => {
      try {
        onWarning?.({ text, origin: origin.origin });
      } catch {
        // The call succeeds without its warning.
      }
    },
  };
}

/** Returns the source of credentials. Credentials that the caller gave are for the registry, and never for a mirror. */
function credentialsFor(
  host: string,
  { credentials, onWarning }: RemoteOptions,
): CredentialSource | undefined {
  if (credentials === false) return undefined;
  if (credentials === undefined)
    return defaultCredentials({ onNote: (text) => onWarning?.({ text, origin: `https://${host}` }) });
  return typeof credentials === "function" ? credentials : fixedCredentials(host, credentials);
}
