import type { ErrorDetails, RegistryErrorCode } from "@ocilayout/oci-types";
import { isDigest, RegistryError } from "@ocilayout/oci-types";
import { isDistributionErrorCode, isRecord } from "@ocilayout/oci-types/authors";

import { readBeginning } from "../transport/read-limited.ts";
import type { TransportResponse } from "../transport/transport.ts";

/** The maximum size of the body of an error, in bytes. More is not read. */
const MAX_ERROR_BYTES = 64 * 1024;

/** The maximum length of a message that came from a registry, in characters. */
const MAX_MESSAGE = 300;

/** The codes for statuses, if the body has no code. */
const CODES: Readonly<Partial<Record<number, RegistryErrorCode>>> = {
  401: "UNAUTHORIZED",
  403: "DENIED",
  405: "UNSUPPORTED",
  412: "PRECONDITION_FAILED",
  413: "SIZE_INVALID",
  416: "RANGE_INVALID",
  429: "TOOMANYREQUESTS",
  501: "UNSUPPORTED",
};

/** Codes of registries that are not in the specification. */
const ALIASES: Readonly<Record<string, RegistryErrorCode>> = {
  TAG_INVALID: "NAME_INVALID",
  MANIFEST_UNVERIFIED: "MANIFEST_INVALID",
};

/** One error of a body. */
interface WireError {
  readonly code: string;
  readonly message: string;
  readonly detail: unknown;
}

/** Options of {@link readErrors}. */
export interface ReadErrorsOptions {
  /** The codes for statuses, if the body has no known code: `{ 404: "BLOB_UNKNOWN" }`. They come before the usual ones. */
  readonly codes?: Readonly<Partial<Record<number, RegistryErrorCode>>> | undefined;
}

/**
 * Reads the body of an unsuccessful response, at most 64 KiB, and returns its error. The code is that of the body if it is
 * one of the specification, or else follows from the status; the last resort is `REMOTE_FAILED`.
 *
 * @throws The signal's reason. A body that cannot be read still makes an error.
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes}
 */
export async function readErrors(
  response: Pick<TransportResponse, "status" | "body">,
  { codes = {} }: ReadErrorsOptions = {},
): Promise<RegistryError> {
  const { status } = response;
  const text = await readText(response);
  const errors = parse(text);
  const known = errors.find(({ code }) => codeOf(code) !== undefined);
  const code = (known && codeOf(known.code)) ?? codes[status] ?? CODES[status] ?? "REMOTE_FAILED";
  const said = known ?? errors[0];
  const message = clean(
    said === undefined ? text : [said.code, said.message].filter((part) => part !== "").join(": "),
  );
  return new RegistryError(
    code,
    `the registry answered with status ${status}${message === "" ? "" : `: ${message}`}`,
    {
      detail: detailOf(code, status, known?.detail, errors) as ErrorDetails[RegistryErrorCode],
    },
  );
}

async function readText(response: Pick<TransportResponse, "body">): Promise<string> {
  try {
    return new TextDecoder().decode((await readBeginning(response, MAX_ERROR_BYTES)).bytes);
  } catch (error) {
    if (error instanceof RegistryError) return "";
    throw error;
  }
}

function parse(text: string): readonly WireError[] {
  try {
    const body: unknown = JSON.parse(text);
    if (!isRecord(body) || !Array.isArray(body["errors"])) return [];
    return (body["errors"] as readonly unknown[]).filter(isRecord).map(({ code, message, detail }) => ({
      code: typeof code === "string" ? code : "",
      message: typeof message === "string" ? message : "",
      detail,
    }));
  } catch {
    return [];
  }
}

/** Returns the code of ours for the code of a registry. Codes that the specification lacks are about this process. */
function codeOf(code: string): RegistryErrorCode | undefined {
  if (Object.hasOwn(ALIASES, code)) return ALIASES[code];
  return isDistributionErrorCode(code) ? code : undefined;
}

function detailOf(
  code: RegistryErrorCode,
  status: number,
  detail: unknown,
  errors: readonly WireError[],
): unknown {
  if (code === "REMOTE_FAILED") return { status };
  // Distribution has one error for each missing digest; the contract has one error with all of them.
  if (code === "MANIFEST_BLOB_UNKNOWN" && !(isRecord(detail) && Array.isArray(detail["missing"])))
    return { missing: missingIn(errors) };
  return isRecord(detail) ? detail : undefined;
}

function missingIn(errors: readonly WireError[]): string[] {
  const digests = errors.map(({ detail }) =>
    isRecord(detail) ? (detail["digest"] ?? detail["Digest"]) : detail,
  );
  return digests.filter((digest) => typeof digest === "string" && isDigest(digest));
}

/** Makes the text of a registry fit for a message. */
function clean(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line;
}
