import type { RegistryErrorCode } from "@ocilayout/oci-types";

/** A request that gets no further than HTTP: what is wrong with it has a status of its own. */
export class HttpError extends Error {
  /** The status of the answer. */
  readonly status: number;
  /** The code in its body. */
  readonly code: RegistryErrorCode;
  /** Further headers of the answer. */
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

/** A request that makes no sense, for which the specification has no code of its own. */
export function badRequest(message: string): HttpError {
  return new HttpError(400, "UNSUPPORTED", message);
}
