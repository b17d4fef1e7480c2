import type { Registry } from "@ocilayout/oci-types";

import type { Action } from "./authorize.ts";
import type { IncomingRequest } from "./incoming.ts";
import type { ServerLimits } from "./options.ts";

/** What an endpoint works with. */
export interface Context {
  readonly registry: Registry;
  readonly request: IncomingRequest;
  readonly query: URLSearchParams;
  readonly limits: ServerLimits;
  /** Whether what is sent is sent before more of it is read, so that the memory of a chunk may be used again. */
  readonly mayReuse: boolean;
  /** Whether whoever asks may also do this, elsewhere. Rejects where not. */
  readonly requireAccess: (access: { readonly repository: string; readonly action: Action }) => Promise<void>;
  /** Whether access is decided about at all. */
  readonly hasRules: boolean;
}
