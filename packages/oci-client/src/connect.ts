import type { Authenticator } from "./auth/authenticator.ts";
import type { RemoteOptions } from "./options.ts";
import { placeOf } from "./registry/hub.ts";
import { createRegistryClient } from "./requests/create-registry-client.ts";
import { originOf } from "./requests/origin.ts";
import type { RegistryClient } from "./requests/registry-client.ts";
import { observeTransport } from "./transport/observe.ts";
import { createTransport } from "#platform";

/** A connection to one registry. */
export interface Connection {
  readonly client: RegistryClient;
  readonly nameOf: (repository: string) => string;
  /** Reports a warning of this client. */
  readonly warn: (text: string) => void;
}

/** Connects the layers below a registry: transport, authentication, mirrors. Sends no request. */
export async function connect(host: string, options: RemoteOptions): Promise<Connection> {
  const { server, account, nameOf } = placeOf(host);
  const { insecure, onRequest, onWarning } = options;
  const origin = originOf(server, insecure);
  const sending = options.transport ?? createTransport({ ...options, origin });
  const transport = onRequest === undefined ? sending : observeTransport(sending, onRequest);
  const client = createRegistryClient({
    ...options,
    origin,
    transport,
    authenticator: anonymous,
    mirrors: [],
  });
  return {
    client,
    nameOf,
    warn: (text) => {
      try {
        onWarning?.({ text, origin: origin.origin });
      } catch {
        // The call succeeds without its warning.
      }
    },
  };
}

const anonymous: Authenticator = {
  authorization: async () => undefined,
  challenged: async () => false,
};
