import type { Registry } from "@ocilayout/oci-types";
import { requireRepository } from "@ocilayout/ociref";

import type { Answer } from "../http/answer.ts";
import { emptyAnswer, errorAnswer, jsonAnswer } from "../http/answer.ts";
import type { AccessRequest, Action, AuthorizedRequest } from "../settings/authorize.ts";
import { requireAccess } from "../settings/authorize.ts";
import { BrokenUploads } from "../sessions/broken-uploads.ts";
import { Budget } from "../limits/budget.ts";
import type { Lease } from "../limits/budget.ts";
import { deleteBlob, getBlob, headBlob } from "./blobs.ts";
import { clientKey } from "../limits/client-key.ts";
import type { Context } from "./context.ts";
import { Gate } from "../limits/gate.ts";
import { completeHeaders } from "../http/headers.ts";
import { HttpError } from "../http/http-error.ts";
import type { IncomingRequest } from "../http/incoming.ts";
import { listReferrers, listRepositories, listTags } from "./lists.ts";
import { deleteManifest, getManifest, headManifest, putManifest } from "./manifests.ts";
import { OneRequestUploads } from "../sessions/one-request-uploads.ts";
import type { HandlerOptions, ServerLimits } from "../settings/options.ts";
import { completeLimits } from "../settings/options.ts";
import { createPageRules } from "../pages/rules.ts";
import type { Route } from "../http/route.ts";
import { findRoute } from "../http/route.ts";
import type { RegistryOperation } from "../http/status.ts";
import { UploadSessions } from "../sessions/upload-sessions.ts";
import { cancelUpload, getUpload, patchUpload, putUpload, startUpload } from "./uploads.ts";

/** What answers requests, whatever they come by. */
export interface Handle {
  /** The limits of the options, complete. */
  readonly limits: ServerLimits;
  /** What all clients share. */
  readonly budget: Budget;
  /** Names the client that a request counts for at first. */
  clientOf(request: AuthorizedRequest, address: string | undefined): string | undefined;
  /** Answers a request. Never rejects. What the request takes is given back by the answer's `release`. */
  answer(request: IncomingRequest): Promise<Answer>;
  /** Tells of a failure of the server's own, unless whoever asked has gone. */
  report(error: unknown, request: Pick<IncomingRequest, "method" | "url" | "signal">): void;
}

/** What is done at one endpoint by one method. */
interface Endpoint {
  readonly action: Action;
  readonly operation: RegistryOperation;
  readonly hasBody?: boolean;
  readonly run: (context: Context) => Promise<Answer>;
}

/**
 * Makes what answers requests to `registry`, whatever they come by.
 *
 * @param sendsAtOnce - Whether each chunk of an answer is sent before the next is asked for.
 * @param isLoopback - Whether the server listens on this machine alone.
 * @throws TypeError or RangeError where the options make no sense.
 */
export function createHandle(
  registry: Registry,
  options: HandlerOptions,
  sendsAtOnce: boolean,
  isLoopback: boolean = false,
): Handle {
  const { authorize, writable = false, allowSharedBlobs = false, verifyBlobs = false, onError } = options;
  const read: Context["read"] = { chunks: sendsAtOnce ? "reused" : "owned", verify: verifyBlobs };
  const limits = completeLimits(options.limits);
  const pages = createPageRules({ ...options, writable, isLoopback });
  if (
    authorize !== undefined &&
    registry.capabilities?.repositoryScopedBlobs === false &&
    !allowSharedBlobs
  ) {
    throw new TypeError(
      "authorize() decides about repositories, and the blobs of this registry belong to none: see allowSharedBlobs",
    );
  }
  const budget = new Budget(limits);
  const uploads = new OneRequestUploads(registry);
  const broken = new BrokenUploads();
  const sessions = new UploadSessions(uploads, limits);
  const documents = new Gate(limits.maxManifestBytes);
  const clientOf: Handle["clientOf"] = (request, address) => {
    if (options.clientOf !== undefined) return options.clientOf(request, address);
    return address === undefined ? undefined : `address ${clientKey(address)}`;
  };

  const run = async (
    request: IncomingRequest,
    endpoint: Endpoint,
    repository: string | undefined,
    query: URLSearchParams,
    lease: Lease,
  ): Promise<Answer> => {
    const access = async (asked: AccessRequest): Promise<void> => {
      await requireAccess(authorize, request, asked);
    };
    const client = await requireAccess(authorize, request, { repository, action: endpoint.action });
    if (client !== undefined) lease.moveTo(`client ${client}`);
    if (endpoint.hasBody === true) lease.receive();
    return endpoint.run({
      registry,
      request,
      query,
      limits,
      lease,
      uploads,
      broken,
      sessions,
      documents,
      read,
      requireAccess: access,
      hasRules: authorize !== undefined,
    });
  };

  const report: Handle["report"] = (error, { method, url, signal }) => {
    if (signal.aborted) return;
    try {
      onError?.(error, { method, url });
    } catch {
      // What is told of failures has failed itself: the request is answered all the same.
    }
  };

  /** Completes the headers of an answer; if they cannot be sent, frees what it holds. */
  const complete = async (answer: Answer, request: IncomingRequest): Promise<Answer> => {
    try {
      return { ...answer, headers: completeHeaders({ ...answer.headers, ...pages.headers(request) }) };
    } catch (error) {
      if (answer.body !== undefined && !(answer.body instanceof Uint8Array)) await answer.body.close();
      throw error;
    }
  };

  const answer = async (request: IncomingRequest): Promise<Answer> => {
    let operation: RegistryOperation = "blob";
    let lease: Lease | undefined;
    const release = (): void => lease?.end();
    try {
      lease = budget.enter(clientOf(request, request.address));
      const { path, query } = splitUrl(request, limits);
      pages.check(request);
      const preflight = pages.preflight(request);
      if (preflight !== undefined)
        return { ...(await complete(emptyAnswer(204, preflight), request)), release };
      const route = findRoute(path);
      if (route === undefined) throw new HttpError(404, "UNSUPPORTED", "there is no such endpoint");
      const endpoint = findEndpoint(route, request.method, writable);
      ({ operation } = endpoint);
      const repository = "repository" in route ? requireRepository(route.repository) : undefined;
      const done = await complete(
        await run(request, endpoint, repository, new URLSearchParams(query), lease),
        request,
      );
      return { ...done, release };
    } catch (error) {
      release();
      return fail(error, operation, request);
    }
  };
  const fail = async (
    error: unknown,
    operation: RegistryOperation,
    request: IncomingRequest,
  ): Promise<Answer> => {
    try {
      const failure = await complete(errorAnswer(error, operation), request);
      if (failure.status >= 500) report(error, request);
      return failure;
    } catch (invalid) {
      return fail(invalid, operation, request);
    }
  };
  return { limits, budget, clientOf, answer, report };
}

function splitUrl(
  { url, headers }: IncomingRequest,
  limits: { maxUrlLength: number; maxHeaderLength: number },
): { path: string; query: string } {
  if (url.length > limits.maxUrlLength)
    throw new HttpError(414, "UNSUPPORTED", `the URL is longer than ${limits.maxUrlLength} characters`);
  let length = 0;
  for (const [name, value] of headers) length += name.length + value.length;
  if (length > limits.maxHeaderLength)
    throw new HttpError(
      431,
      "UNSUPPORTED",
      `the headers are longer than ${limits.maxHeaderLength} characters`,
    );
  const target = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/#.*$/, "");
  const at = target.indexOf("?");
  return at < 0 ? { path: target, query: "" } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/** What an operator does to allow changes, for the message of a client that may be theirs. */
const HOW_TO_WRITE = "start it with the option writable: true, or the command with --writable";

/** What is done at `route` by `method`; 405 where nothing is, or where nothing may be changed. */
function findEndpoint(route: Route, method: string, writable: boolean): Endpoint {
  const endpoints = endpointsOf(route);
  const allowed = Object.keys(endpoints).filter((name) => writable || name === "GET" || name === "HEAD");
  const endpoint = Object.hasOwn(endpoints, method) ? endpoints[method] : undefined;
  if (endpoint !== undefined && allowed.includes(method)) return endpoint;
  const shown = /^[A-Z]{1,16}$/.test(method) ? method : "this method";
  const reason =
    endpoint === undefined
      ? `${shown} is not supported here`
      : `${shown} is refused, because this server is read-only: ${HOW_TO_WRITE}`;
  throw new HttpError(405, "UNSUPPORTED", reason, { allow: allowed.join(", ") });
}

function endpointsOf(route: Route): Readonly<Record<string, Endpoint>> {
  switch (route.to) {
    case "ping":
      return readable({ action: "ping", operation: "list", run: async () => jsonAnswer({}) });
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
