import { isRegistryError, type BlobReader, type RegistryErrorCode } from "@ocilayout/oci-types";

import { HttpError } from "./http-error.ts";
import { httpStatus, type RegistryOperation } from "./status.ts";

/** Content that is read while it is sent. */
export interface AnswerContent extends AsyncIterable<Uint8Array> {
  /** Releases its resources, even if it was not read. Idempotent. */
  close(): Promise<void>;
}

/** An answer, before `node:http` or `Response` gets it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The sender closes it, even if it does not send it. */
  readonly body?: Uint8Array | AnswerContent | undefined;
  /** Returns the resources of the request. The sender calls it when it has sent the answer or failed to. */
  readonly release?: (() => void) | undefined;
  /** Resolves when it is this client's turn. The sender awaits it before each chunk. */
  readonly turn?: (() => Promise<void>) | undefined;
}

/** Whether a body is read while it is sent. */
export function isStreamed(body: Answer["body"]): body is AnswerContent {
  return body !== undefined && !(body instanceof Uint8Array);
}

/** Opens the content of `reader` and reads its first chunk. Corruption found by then fails with a status of its own. */
export async function openContent(reader: BlobReader): Promise<AnswerContent> {
  const chunks = reader[Symbol.asyncIterator]();
  try {
    const first = await chunks.next();
    return { [Symbol.asyncIterator]: () => continueWith(first, chunks), close: () => reader.close() };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function* continueWith(
  first: IteratorResult<Uint8Array>,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let result = first; result.done !== true; result = await chunks.next()) yield result.value;
}

/** Makes an answer with a JSON document. */
export function jsonAnswer(
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  status: number = 200,
): Answer {
  const body = new TextEncoder().encode(JSON.stringify(value));
  return {
    status,
    headers: { "content-type": "application/json", "content-length": String(body.length), ...headers },
    body,
  };
}

/** Makes an answer without a body. */
export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: status === 204 || status === 304 ? headers : { "content-length": "0", ...headers },
  };
}

/** The value of `Retry-After`, in seconds. */
const RETRY_AFTER_S = "1";

/**
 * Makes the answer that reports `error`. Hides the message of an error that is not a `RegistryError`, because it may
 * contain paths of files.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes}
 */
export function errorAnswer(error: unknown, operation: RegistryOperation): Answer {
  if (error instanceof HttpError) return refusal(error, error.status, error.headers);
  if (isRegistryError(error)) return refusal(error.toJSON(), httpStatus(error.code, operation));
  return refusal({ code: "UNKNOWN", message: "internal server error" }, 500);
}

/** An error in the format of the specification. */
interface ShownError {
  readonly code: RegistryErrorCode | "UNKNOWN";
  readonly message: string;
  readonly detail?: unknown;
}

function refusal(
  { code, message, detail }: ShownError,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const retryAfter = status === 429 || status === 503 ? { "retry-after": RETRY_AFTER_S } : {};
  return jsonAnswer({ errors: [{ code, message, detail }] }, { ...retryAfter, ...headers }, status);
}
