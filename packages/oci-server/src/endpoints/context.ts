import type { ReadOptions, Registry } from "@ocilayout/oci-types";

import type { Action } from "../settings/authorize.ts";
import type { Lease } from "../limits/budget.ts";
import type { BrokenUploads } from "../sessions/broken-uploads.ts";
import type { FairTurns } from "../limits/fair-turns.ts";
import type { Gate } from "../limits/gate.ts";
import type { ReceivedRequest } from "../http/incoming.ts";
import type { UploadCalls } from "../sessions/one-request-uploads.ts";
import type { ServerLimits } from "../settings/options.ts";
import type { UploadSessions } from "../sessions/upload-sessions.ts";

/** The request that an endpoint answers, and the parts of the server that it uses. */
export interface Context {
  readonly registry: Registry;
  readonly request: ReceivedRequest;
  readonly query: URLSearchParams;
  readonly limits: ServerLimits;
  /** The share of the limits that this request uses. */
  readonly lease: Lease;
  /** Lets the clients take turns. */
  readonly turns: FairTurns;
  /** Keeps uploads between requests. */
  readonly uploads: UploadCalls;
  /** The uploads that continue only with a `Content-Range`. */
  readonly broken: BrokenUploads;
  /** The upload sessions that the server knows. */
  readonly sessions: UploadSessions;
  /** Processes large documents one after the other. */
  readonly documents: Gate;
  /** The options for reading blobs. */
  readonly read: Pick<ReadOptions, "chunks" | "verify">;
  /** Rejects unless the client may also do this, in another repository. */
  readonly requireAccess: (access: { readonly repository: string; readonly action: Action }) => Promise<void>;
  /** Whether the option `authorize` is set. */
  readonly hasRules: boolean;
}
