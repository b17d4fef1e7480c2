import { HttpError } from "../http/http-error.ts";
import type { IncomingRequest, ReceivedRequest } from "../http/incoming.ts";

/**
 * An action that a client requests:
 *
 * - `"pull"` reads content, and lists the tags and referrers of a repository.
 * - `"push"` adds content.
 * - `"delete"` removes tags, manifests and blobs.
 * - `"catalog"` lists the repositories.
 * - `"ping"` asks whether the server is a registry (end-1). Clients learn from the answer how to log in.
 */
export type Action = "pull" | "push" | "delete" | "catalog" | "ping";

/** An action and the repository that it is about. */
export interface AccessRequest {
  /** The repository. Absent for `"catalog"` and `"ping"`. */
  readonly repository?: string | undefined;
  /** The action. */
  readonly action: Action;
}

/**
 * How a client must authenticate.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617},
 * {@link https://distribution.github.io/distribution/spec/auth/token/}
 */
export type Challenge =
  | { readonly scheme: "Basic"; readonly realm: string }
  | {
      readonly scheme: "Bearer";
      /** The URL of the token server. */
      readonly realm: string;
      /** The name by which the token server knows this server. */
      readonly service?: string | undefined;
      /** The reason for rejecting the token of the request. */
      readonly error?: "invalid_token" | "insufficient_scope" | undefined;
    };

/** The request is allowed, and its client is known. */
export interface Allowed {
  /** Always `"allow"`. */
  readonly decision: "allow";
  /** The client. The limits count the request for this client, whatever address it comes from. */
  readonly client: string;
}

/** `"allow"`, with or without a client; `"deny"` (403); or a challenge (401). */
export type Decision = "allow" | Allowed | "deny" | Challenge;

/**
 * Decides whether a client may perform an action. The server calls it before it reads anything else, once for each
 * action of a request: a mount also pulls from its source. If it rejects, the request fails with 500.
 */
export type Authorize = (request: AuthorizedRequest, access: AccessRequest) => Decision | Promise<Decision>;

/** The parts of a request that a decision can depend on. */
export type AuthorizedRequest = Pick<IncomingRequest, "method" | "url" | "headers" | "signal">;

/**
 * Rejects an action that `authorize` does not allow. Returns the client, if the decision names it.
 *
 * @throws {@link HttpError} 401 for a challenge, 403 for `"deny"`.
 */
export async function requireAccess(
  authorize: Authorize | undefined,
  request: Pick<ReceivedRequest, "forOptions">,
  access: AccessRequest,
): Promise<string | undefined> {
  if (authorize === undefined) return undefined;
  const decision: unknown = await authorize(request.forOptions(), access);
  if (decision === "allow") return undefined;
  if (isAllowed(decision)) return decision.client;
  if (isChallenge(decision)) {
    throw new HttpError(401, "UNAUTHORIZED", "authentication required", {
      "www-authenticate": formatChallenge(decision, access),
    });
  }
  if (decision === "deny") throw new HttpError(403, "DENIED", "access denied");
  throw new TypeError(
    'authorize() must return "allow", "deny", { decision: "allow", client } or a challenge',
  );
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

/**
 * Formats a challenge as the value of a header. Quotes strings, so that a realm with a quote cannot add a parameter.
 */
export function formatChallenge(challenge: Challenge, access: AccessRequest): string {
  if (challenge.scheme === "Basic")
    return `Basic ${parameters({ realm: challenge.realm, charset: "UTF-8" })}`;
  const { realm, service, error } = challenge;
  return `Bearer ${parameters({ realm, service, scope: scopeOf(access), error })}`;
}

/** Returns the scope that a token needs. Clients that push also check whether blobs exist, so a push includes pull. */
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
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
    throw new TypeError("a challenge contains a character that no header can hold");
  return value.replace(/["\\]/g, "\\$&");
}
