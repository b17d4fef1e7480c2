import type { Registry } from "@ocilayout/oci-types";
import { requireRepository } from "@ocilayout/ociref";

import type { Answer } from "../http/answer.ts";
import { emptyAnswer, errorAnswer, isStreamed } from "../http/answer.ts";
import type { AccessRequest } from "../settings/authorize.ts";
import { requireAccess } from "../settings/authorize.ts";
import { BrokenUploads } from "../sessions/broken-uploads.ts";
import { Budget } from "../limits/budget.ts";
import type { Lease } from "../limits/budget.ts";
import { clientAt } from "../limits/client-key.ts";
import type { Context } from "./context.ts";
import type { Endpoint } from "./find-endpoint.ts";
import { findEndpoint } from "./find-endpoint.ts";
import { FairTurns } from "../limits/fair-turns.ts";
import { Gate } from "../limits/gate.ts";
import { completeHeaders } from "../http/headers.ts";
import { HttpError } from "../http/http-error.ts";
import type { ReceivedRequest } from "../http/incoming.ts";
import { OneRequestUploads } from "../sessions/one-request-uploads.ts";
import type { HandlerOptions, ServerLimits } from "../settings/options.ts";
import { completeLimits } from "../settings/options.ts";
import { createPageRules } from "../pages/rules.ts";
import { findRoute } from "../http/route.ts";
import type { RegistryOperation } from "../http/status.ts";
import { parseTarget } from "../http/target.ts";
import { UploadSessions } from "../sessions/upload-sessions.ts";

/** Answers requests from `node:http` and from `Request` objects alike. */
export interface Handle {
  /** The limits, with their defaults filled in. */
  readonly limits: ServerLimits;
  /** The resources that all clients share. */
  readonly budget: Budget;
  /** Names the client that a request counts for until `authorize` names another. */
  clientOf(request: ReceivedRequest, address: string | undefined): string | undefined;
  /**
   * Answers a request. Never rejects. The caller returns the resources of the request by calling the answer's
   * `release`.
   */
  answer(request: ReceivedRequest): Promise<Answer>;
  /** Passes an internal failure to `onError`, unless the client has disconnected. */
  report(error: unknown, request: Pick<ReceivedRequest, "method" | "url" | "signal">): void;
}

/**
 * Makes a {@link Handle} that answers requests from `registry`.
 *
 * @param sendsAtOnce - Whether the caller sends each chunk of an answer before it reads the next.
 * @param isLoopback - Whether the server listens on a loopback address only.
 * @throws TypeError or RangeError if an option is invalid.
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
      "cannot protect blobs with authorize(): the blobs of this registry belong to no repository; set allowSharedBlobs to accept that",
    );
  }
  const budget = new Budget(limits);
  const turns = new FairTurns();
  const uploads = new OneRequestUploads(registry);
  const broken = new BrokenUploads();
  const sessions = new UploadSessions(uploads, limits);
  const documents = new Gate(limits.maxManifestBytes);
  const clientOf: Handle["clientOf"] = (request, address) => {
    return options.clientOf === undefined
      ? clientAt(address)
      : options.clientOf(request.forOptions(), address);
  };

  const run = async (
    request: ReceivedRequest,
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
      turns,
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
      // A failing `onError` must not change the answer.
    }
  };

  /** Completes the headers of an answer. If they are invalid, closes its body. */
  const complete = async (answer: Answer, request: ReceivedRequest): Promise<Answer> => {
    try {
      return { ...answer, headers: completeHeaders({ ...answer.headers, ...pages.headers(request) }) };
    } catch (error) {
      if (isStreamed(answer.body)) await answer.body.close();
      throw error;
    }
  };

  const answer = async (request: ReceivedRequest): Promise<Answer> => {
    let operation: RegistryOperation = "blob";
    let lease: Lease | undefined;
    const release = (): void => lease?.end();
    const turn = (): Promise<void> => turns.next(lease?.client);
    try {
      lease = budget.enter(clientOf(request, request.address));
      await turn();
      request.signal.throwIfAborted();
      requireShort(request, limits);
      const { path, query } = parseTarget(request.url);
      pages.check(request);
      const preflight = pages.preflight(request);
      if (preflight !== undefined)
        return { ...(await complete(emptyAnswer(204, preflight), request)), release, turn };
      const route = findRoute(path);
      if (route === undefined) throw new HttpError(404, "UNSUPPORTED", "unknown endpoint");
      const endpoint = findEndpoint(route, request.method, writable);
      ({ operation } = endpoint);
      const repository = "repository" in route ? requireRepository(route.repository) : undefined;
      const done = await complete(
        await run(request, endpoint, repository, new URLSearchParams(query), lease),
        request,
      );
      return { ...done, release, turn };
    } catch (error) {
      release();
      return { ...(await fail(error, operation, request)), turn };
    }
  };
  const fail = async (
    error: unknown,
    operation: RegistryOperation,
    request: ReceivedRequest,
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

/** Rejects a URL or headers beyond the limits. */
function requireShort(
  { url, headers }: ReceivedRequest,
  { maxUrlLength, maxHeaderLength }: ServerLimits,
): void {
  if (url.length > maxUrlLength)
    throw new HttpError(414, "UNSUPPORTED", `the URL is longer than ${maxUrlLength} characters`);
  let length = 0;
  for (const [name, value] of headers) length += name.length + value.length;
  if (length > maxHeaderLength)
    throw new HttpError(431, "UNSUPPORTED", `the headers are longer than ${maxHeaderLength} characters`);
}
