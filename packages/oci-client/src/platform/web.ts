import { FetchTransport } from "../transport/fetch-transport.ts";
import type { TransportOptions } from "../transport/options.ts";
import type { Transport } from "../transport/transport.ts";

export {
  defaultCredentials,
  dockerCredentials,
  environmentCredentials,
  eraseCredentials,
  podmanCredentials,
  storeCredentials,
} from "../auth/web/credential-files.ts";
export { readRegistriesConf } from "../mirrors/web/read-registries-conf.ts";

/** Returns the transport of this platform: `fetch`. */
export function createTransport(options: TransportOptions = {}): Transport {
  return new FetchTransport(options);
}
