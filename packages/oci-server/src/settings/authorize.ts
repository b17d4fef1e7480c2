import { HttpError } from "../http/http-error.ts";
import type { IncomingRequest } from "../http/incoming.ts";

/**
 * What somebody wants to do: `"pull"` reads content and lists the tags and referrers of a repository, `"push"` adds
 * content, `"delete"` removes tags, manifests and blobs, `"catalog"` lists the repositories, `"ping"` asks whether this
 * is a registry (end-1), which is where a client learns how to log in.
 */
export type Action = "pull" | "push" | "delete" | "catalog" | "ping";

/** Something that somebody wants to do, and where. */
export interface AccessRequest {
  /** The repository; absent where none is named, as in a catalog or a ping. */
  readonly repository?: string | undefined;
  /** What it is. */
  readonly action: Action;
}

/**
 * How a client is asked who it is.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617}, {@link https://distribution.github.io/distribution/spec/auth/token/}
 */
export type Challenge =
  | { readonly scheme: "Basic"; readonly realm: string }
  | {
      readonly scheme: "Bearer";
      /** The URL at which tokens are to be had. */
      readonly realm: string;
      /** The name by which the tokens' server knows this one. */
      readonly service?: string | undefined;
      /** What is wrong with the token that was sent. */
      readonly error?: "invalid_token" | "insufficient_scope" | undefined;
    };

/** The request is allowed, and who sends it is known. */
export interface Allowed {
  /** Always `"allow"`. */
  readonly decision: "allow";
  /** Who sends it: what the request takes of the server counts for this client, wherever it comes from. */
  readonly client: string;
}

/** `"allow"`, with the client or without, `"deny"` (403), or a challenge (401). */
export type Decision = "allow" | Allowed | "deny" | Challenge;

/**
 * Decides whether a request may do this. It is asked before anything else is looked at, once for each thing that a
 * request does: for a mount about its source, too. Where it rejects, the request fails with 500.
 */
export type Authorize = (request: AuthorizedRequest, access: AccessRequest) => Decision | Promise<Decision>;

/** What a decision may be made by. */
export type AuthorizedRequest = Pick<IncomingRequest, "method" | "url" | "headers" | "signal">;

/** Refuses what is not allowed, in the words of the specification. Returns the client, if the decision names it. */
export async function requireAccess(
  authorize: Authorize | undefined,
  request: AuthorizedRequest,
  access: AccessRequest,
): Promise<string | undefined> {
  if (authorize === undefined) return undefined;
  const decision: unknown = await authorize(request, access);
  if (decision === "allow") return undefined;
  if (isAllowed(decision)) return decision.client;
  if (isChallenge(decision)) {
    throw new HttpError(401, "UNAUTHORIZED", "authentication required", {
      "www-authenticate": formatChallenge(decision, access),
    });
  }
  if (decision === "deny") throw new HttpError(403, "DENIED", "access denied");
  throw new TypeError("authorize() must give allow, deny or a challenge");
}

function isAllowed(value: unknown): value is Allowed {
  return (
    typeof value === "object" &&
    value !== null &&
    "decision" in value &&
    value.decision === "allow" &&
    "client" in value &&
    typeof value.client === "string"
  );
}

function isChallenge(value: unknown): value is Challenge {
  return (
    typeof value === "object" &&
    value !== null &&
    "scheme" in value &&
    (value.scheme === "Basic" || value.scheme === "Bearer")
  );
}

/** A challenge as a header. Strings are quoted: a realm with a quote in it must not become another parameter. */
export function formatChallenge(challenge: Challenge, access: AccessRequest): string {
  if (challenge.scheme === "Basic")
    return `Basic ${parameters({ realm: challenge.realm, charset: "UTF-8" })}`;
  const { realm, service, error } = challenge;
  return `Bearer ${parameters({ realm, service, scope: scopeOf(access), error })}`;
}

/** What a token must be good for. Pushing reads, too: a client looks whether a blob is there. */
function scopeOf({ repository, action }: AccessRequest): string | undefined {
  if (action === "ping") return undefined;
  if (repository === undefined) return "registry:catalog:*";
  return `repository:${repository}:${action === "push" ? "pull,push" : action}`;
}

function parameters(values: Readonly<Record<string, string | undefined>>): string {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return present.map(([name, value]) => `${name}="${quote(value ?? "")}"`).join(",");
}

function quote(value: string): string {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw new TypeError("a challenge must fit into a header");
  return value.replace(/["\\]/g, "\\$&");
}
