import { registryCapabilityNames } from "@ocilayout/oci-types";

import type { Answer } from "../http/answer.ts";
import { jsonAnswer } from "../http/answer.ts";
import { HttpError } from "../http/http-error.ts";
import type { Route } from "../http/route.ts";
import type { RegistryOperation } from "../http/status.ts";
import type { Action } from "../settings/authorize.ts";
import { deleteBlob, getBlob, headBlob } from "./blobs.ts";
import type { Context } from "./context.ts";
import { listReferrers, listRepositories, listTags } from "./lists.ts";
import { deleteManifest, getManifest, headManifest, putManifest } from "./manifests.ts";
import { cancelUpload, getUpload, patchUpload, putUpload, startUpload } from "./uploads.ts";

/** One method of one endpoint. */
export interface Endpoint {
  /** The action that `authorize` decides about. */
  readonly action: Action;
  /** Selects the status of an error. */
  readonly operation: RegistryOperation;
  /** Whether the endpoint receives a body. */
  readonly hasBody?: boolean;
  /** Answers the request. */
  readonly run: (context: Context) => Promise<Answer>;
}

/** How an operator allows changes. It is in the message because the client may be the operator's own. */
const HOW_TO_WRITE = "to allow changes, set writable: true, or run the command with --writable";

/**
 * Finds the endpoint of `method` at `route`.
 *
 * @throws {@link HttpError} 405 if the method is unknown there, or if the server is read-only.
 */
export function findEndpoint(route: Route, method: string, writable: boolean): Endpoint {
  const endpoints = endpointsOf(route);
  const allowed = Object.keys(endpoints).filter((name) => writable || name === "GET" || name === "HEAD");
  const endpoint = Object.hasOwn(endpoints, method) ? endpoints[method] : undefined;
  if (endpoint !== undefined && allowed.includes(method)) return endpoint;
  const shown = /^[A-Z]{1,16}$/.test(method) ? method : "this method";
  const reason =
    endpoint === undefined
      ? `${shown} is not supported at this endpoint`
      : `${shown} is not allowed: this server is read-only; ${HOW_TO_WRITE}`;
  throw new HttpError(405, "UNSUPPORTED", reason, { allow: allowed.join(", ") });
}

function endpointsOf(route: Route): Readonly<Record<string, Endpoint>> {
  switch (route.to) {
    case "ping":
      return readable({ action: "ping", operation: "list", run: answerPing });
    case "catalog":
      return readable({ action: "catalog", operation: "list", run: listRepositories });
    case "tags":
      return readable({
        action: "pull",
        operation: "list",
        run: (context) => listTags(context, route.repository),
      });
    case "referrers":
      return readable({
        action: "pull",
        operation: "list",
        run: (context) => listReferrers(context, route.repository, route.digest),
      });
    case "blob":
      return blobEndpoints(route);
    case "manifest":
      return manifestEndpoints(route);
    case "uploads":
      return {
        POST: {
          action: "push",
          operation: "upload",
          hasBody: true,
          run: (context) => startUpload(context, route.repository),
        },
      };
    case "upload":
      return uploadEndpoints(route);
  }
}

/**
 * Answers that this is a registry (end-1). The specification defines no body. It contains the capabilities of the registry,
 * by which a client of this project knows what it may rely on.
 */
async function answerPing({ registry }: Context): Promise<Answer> {
  const promised = registryCapabilityNames.map((name) => [name, registry.capabilities?.[name] !== false]);
  return jsonAnswer({ capabilities: Object.fromEntries(promised) as Record<string, boolean> });
}

function readable(endpoint: Endpoint): Readonly<Record<string, Endpoint>> {
  return { GET: endpoint, HEAD: endpoint };
}

function blobEndpoints({
  repository,
  digest,
}: {
  repository: string;
  digest: string;
}): Readonly<Record<string, Endpoint>> {
  return {
    GET: { action: "pull", operation: "blob", run: (context) => getBlob(context, repository, digest) },
    HEAD: { action: "pull", operation: "blob", run: (context) => headBlob(context, repository, digest) },
    DELETE: {
      action: "delete",
      operation: "delete",
      run: (context) => deleteBlob(context, repository, digest),
    },
  };
}

function manifestEndpoints({
  repository,
  reference,
}: {
  repository: string;
  reference: string;
}): Readonly<Record<string, Endpoint>> {
  return {
    GET: {
      action: "pull",
      operation: "manifest",
      run: (context) => getManifest(context, repository, reference),
    },
    HEAD: {
      action: "pull",
      operation: "manifest",
      run: (context) => headManifest(context, repository, reference),
    },
    PUT: {
      action: "push",
      operation: "manifest",
      hasBody: true,
      run: (context) => putManifest(context, repository, reference),
    },
    DELETE: {
      action: "delete",
      operation: "delete",
      run: (context) => deleteManifest(context, repository, reference),
    },
  };
}

function uploadEndpoints({
  repository,
  id,
}: {
  repository: string;
  id: string;
}): Readonly<Record<string, Endpoint>> {
  const use = (
    run: (context: Context, repository: string, id: string) => Promise<Answer>,
  ): Endpoint["run"] => {
    return (context) =>
      context.sessions.use(context.lease.client, repository, id, () => run(context, repository, id));
  };
  return {
    GET: { action: "push", operation: "upload", run: use(getUpload) },
    PATCH: { action: "push", operation: "upload", hasBody: true, run: use(patchUpload) },
    PUT: { action: "push", operation: "upload", hasBody: true, run: use(putUpload) },
    DELETE: { action: "push", operation: "upload", run: use(cancelUpload) },
  };
}
