import type { RegistryErrorCode } from "@ocilayout/oci-types";

/** A failure of the HTTP request itself, with its status. */
export class HttpError extends Error {
  /** The status of the answer. */
  readonly status: number;
  /** The error code in the body. */
  readonly code: RegistryErrorCode;
  /** Additional headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: RegistryErrorCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Makes an error with status 400, for invalid requests without a code in the specification. */
export function badRequest(message: string): HttpError {
  return new HttpError(400, "UNSUPPORTED", message);
}
