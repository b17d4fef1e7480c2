import { type RegistryErrorCode, registryErrorCodes } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { httpStatus } from "../src/http/status.ts";

describe("httpStatus", () => {
  it("returns a status for every code", () => {
    for (const code of registryErrorCodes)
      expect(httpStatus(code)).toSatisfy((status: number) => status >= 400 && status < 600);
  });

  it("returns two statuses for one code if the specification does", () => {
    expect([httpStatus("SIZE_INVALID", "manifest"), httpStatus("SIZE_INVALID", "blob")]).toEqual([413, 400]);
    expect([httpStatus("DENIED", "delete"), httpStatus("DENIED")]).toEqual([405, 403]);
  });

  it("returns 500 for a code that it does not know", () => {
    expect(["NEWER_CODE", "toString"].map((code) => httpStatus(code as RegistryErrorCode))).toEqual([
      500, 500,
    ]);
  });

  it.each([
    ["BLOB_UNKNOWN", 404],
    ["RANGE_INVALID", 416],
    ["PRECONDITION_FAILED", 412],
    ["FILE_UNKNOWN", 404],
    ["ARCHIVE_INVALID", 400],
    ["UNAUTHORIZED", 401],
    ["TOOMANYREQUESTS", 429],
    ["UNSUPPORTED", 405],
    ["CONTENT_CORRUPT", 500],
  ] as const)("maps %s to %d", (code, status) => {
    expect(httpStatus(code)).toBe(status);
  });
});
