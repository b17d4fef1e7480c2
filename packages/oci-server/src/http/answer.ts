import { isRegistryError, type BlobReader, type RegistryErrorCode } from "@ocilayout/oci-types";

import { HttpError } from "./http-error.ts";
import { httpStatus, type RegistryOperation } from "./status.ts";

/** Content that is sent while it is read. */
export interface AnswerContent extends AsyncIterable<Uint8Array> {
  /** Frees what it holds, also where nothing of it was read. Idempotent. */
  close(): Promise<void>;
}

/** An answer, before it takes the form that the machine has for it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Closed by whoever sends it, also where it is not sent. */
  readonly body?: Uint8Array | AnswerContent | undefined;
  /** Gives back what the request takes of what all clients share. Called by whoever sends it, when it has been sent or given up. */
  readonly release?: (() => void) | undefined;
  /** Resolves when the client may go on. Asked before each chunk. */
  readonly turn?: (() => Promise<void>) | undefined;
}

/** Whether a body is sent while it is read. */
export function isStreamed(body: Answer["body"]): body is AnswerContent {
  return body !== undefined && !(body instanceof Uint8Array);
}

/**
 * The content of `reader`, of which the beginning is there: what is damaged so early that nothing was sent is an error
 * like any other, with a status of its own.
 */
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

/** Makes the answer of a document. */
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

/** Makes an answer that has no body. */
export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: status === 204 || status === 304 ? headers : { "content-length": "0", ...headers },
  };
}

/** How long a client should wait before it asks again, in seconds. */
const RETRY_AFTER_S = "1";

/**
 * Makes the answer that reports `error`. Of an error that is not of the registry's nothing is told but that there was
 * one: its message may name files.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes}
 */
export function errorAnswer(error: unknown, operation: RegistryOperation): Answer {
  if (error instanceof HttpError) return refusal(error, error.status, error.headers);
  if (isRegistryError(error)) return refusal(error.toJSON(), httpStatus(error.code, operation));
  return refusal({ code: "UNKNOWN", message: "the server failed" }, 500);
}

/** An error as the specification has it. */
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
