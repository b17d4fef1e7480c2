import { NodeTransport } from "../transport/node/node-transport.ts";
import type { TransportOptions } from "../transport/options.ts";
import type { Transport } from "../transport/transport.ts";

/** Returns the transport of this platform: Node's own HTTP client. */
export function createTransport(options: TransportOptions = {}): Transport {
  return new NodeTransport(options);
}
