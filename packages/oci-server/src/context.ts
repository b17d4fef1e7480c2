import type { ReadOptions, Registry } from "@ocilayout/oci-types";

import type { Action } from "./authorize.ts";
import type { IncomingRequest } from "./incoming.ts";
import type { ServerLimits } from "./options.ts";

/** What an endpoint works with. */
export interface Context {
  readonly registry: Registry;
  readonly request: IncomingRequest;
  readonly query: URLSearchParams;
  readonly limits: ServerLimits;
  /** How blobs are read. */
  readonly read: Pick<ReadOptions, "mayReuse" | "verify">;
  /** Whether whoever asks may also do this, elsewhere. Rejects where not. */
  readonly requireAccess: (access: { readonly repository: string; readonly action: Action }) => Promise<void>;
  /** Whether access is decided about at all. */
  readonly hasRules: boolean;
}
