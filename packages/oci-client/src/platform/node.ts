import { NodeTransport } from "../transport/node/node-transport.ts";
import type { TransportOptions } from "../transport/options.ts";
import type { Transport } from "../transport/transport.ts";

export { dockerCredentials, podmanCredentials } from "../auth/node/credential-files.ts";
export { defaultCredentials } from "../auth/node/default-credentials.ts";
export { environmentCredentials } from "../auth/node/environment.ts";
export { readRegistriesConf } from "../mirrors/node/read-registries-conf.ts";
export { eraseCredentials, storeCredentials } from "../auth/node/store-credentials.ts";

/** Returns the transport of this platform: Node's own HTTP client. */
export function createTransport(options: TransportOptions = {}): Transport {
  return new NodeTransport(options);
}
