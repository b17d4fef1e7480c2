import type { Backend, RepositoryCall } from "@ocilayout/oci-backend";
import { backendOf } from "@ocilayout/oci-backend";
import type { LayoutRegistry } from "@ocilayout/layout-core";

import type { OpenLayouts } from "./open-layouts.ts";
import { PinnedUpload } from "./pinned-upload.ts";

/** The backend methods that concern one repository and end when they return. */
type CallName =
  | "openBlob"
  | "sizeOfBlob"
  | "findManifest"
  | "findTag"
  | "openManifest"
  | "resolveManifest"
  | "pushBlob"
  | "pushManifest"
  | "findUpload"
  | "deleteBlob"
  | "deleteManifest"
  | "deleteTag"
  | "tags"
  | "referrers";

const CALLS: readonly CallName[] = [
  "openBlob",
  "sizeOfBlob",
  "findManifest",
  "findTag",
  "openManifest",
  "resolveManifest",
  "pushBlob",
  "pushManifest",
  "findUpload",
  "deleteBlob",
  "deleteManifest",
  "deleteTag",
  "tags",
  "referrers",
];

type Routed = Required<Pick<Backend, CallName | "startUpload" | "resumeUpload">>;

/**
 * Sends each call to the layout of its repository. The arguments were checked, so they go directly to the layout's
 * backend.
 */
export function route(layouts: OpenLayouts): Routed {
  const calls = CALLS.map((name) => {
    const send = (call: RepositoryCall): Promise<unknown> =>
      layouts.call(call.repository, (layout) => {
        const run = behind(layout)[name] as (call: RepositoryCall) => unknown;
        return run(call);
      });
    return [name, send];
  });
  return {
    ...(Object.fromEntries(calls) as Pick<Routed, CallName>),
    async startUpload(call) {
      const { registry, release } = await layouts.use(call.repository);
      try {
        return new PinnedUpload(await behind(registry).startUpload(call), release);
      } catch (error) {
        await release();
        throw error;
      }
    },
    async resumeUpload(call) {
      const { registry, release } = await layouts.use(call.repository);
      try {
        const session = await behind(registry).resumeUpload(call);
        if (session !== undefined && session !== "busy") return new PinnedUpload(session, release);
        await release();
        return session;
      } catch (error) {
        await release();
        throw error;
      }
    },
  };
}

/** A layout implements every method. */
function behind(layout: LayoutRegistry): Required<Backend> {
  const backend = backendOf(layout);
  if (backend === undefined) throw new Error("a layout has no backend");
  return backend as Required<Backend>;
}
