import type { ReadOptions, Registry } from "@ocilayout/oci-types";

import type { Action } from "../settings/authorize.ts";
import type { Lease } from "../limits/budget.ts";
import type { BrokenUploads } from "../sessions/broken-uploads.ts";
import type { FairTurns } from "../limits/fair-turns.ts";
import type { Gate } from "../limits/gate.ts";
import type { IncomingRequest } from "../http/incoming.ts";
import type { UploadCalls } from "../sessions/one-request-uploads.ts";
import type { ServerLimits } from "../settings/options.ts";
import type { UploadSessions } from "../sessions/upload-sessions.ts";

/** What an endpoint works with. */
export interface Context {
  readonly registry: Registry;
  readonly request: IncomingRequest;
  readonly query: URLSearchParams;
  readonly limits: ServerLimits;
  /** What this request takes of what all clients share. */
  readonly lease: Lease;
  /** Lets the work of clients begin in turn. */
  readonly turns: FairTurns;
  /** How uploads are kept between requests. */
  readonly uploads: UploadCalls;
  /** The uploads that go on with a `Content-Range` only. */
  readonly broken: BrokenUploads;
  /** The upload sessions that are known here. */
  readonly sessions: UploadSessions;
  /** Lets large documents be worked on one after the other. */
  readonly documents: Gate;
  /** How blobs are read. */
  readonly read: Pick<ReadOptions, "chunks" | "verify">;
  /** Whether whoever asks may also do this, elsewhere. Rejects where not. */
  readonly requireAccess: (access: { readonly repository: string; readonly action: Action }) => Promise<void>;
  /** Whether access is decided about at all. */
  readonly hasRules: boolean;
}
