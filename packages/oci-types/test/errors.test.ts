import { describe, expect, it, vi } from "vitest";

import {
  errorBody,
  httpStatus,
  isRegistryError,
  RegistryError,
  type RegistryErrorCode,
  registryErrorCodes,
} from "../src/index.ts";

describe("RegistryError", () => {
  it("is an Error with a name, a code, a message, a detail and a cause", () => {
    const cause = new Error("below");
    const error = new RegistryError("BLOB_UNKNOWN", "no such blob", { cause, detail: { digest: "d" } });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: "RegistryError",
      code: "BLOB_UNKNOWN",
      message: "no such blob",
      cause,
    });
    expect(error.detail).toEqual({ digest: "d" });
    expect(String(error)).toBe("RegistryError: no such blob");
  });

  it("says what its code means where no message is given", () => {
    expect(new RegistryError("TOOMANYREQUESTS").message).toBe("too many requests");
  });

  it("has no own cause and no own detail where none was given", () => {
    const error = new RegistryError("DENIED");
    expect(Object.hasOwn(error, "cause")).toBe(false);
    expect(Object.hasOwn(error, "detail")).toBe(false);
  });

  it("3: its wire form has code, message and detail, and never the cause", () => {
    const error = new RegistryError("MANIFEST_INVALID", "bad", {
      cause: new Error("/secret/path"),
      detail: { a: 1 },
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: "MANIFEST_INVALID",
      message: "bad",
      detail: { a: 1 },
    });
  });

  it("3: its wire form keeps the detail of the server's own failures to itself", () => {
    const error = new RegistryError("LOCK_TIMEOUT", "busy", { detail: { host: "build-7", pid: 4711 } });
    expect(error.toJSON()).toEqual({ code: "LOCK_TIMEOUT", message: "busy" });
  });

  it("3: its wire form says nothing but code and message where the code is of another copy that this one does not know", () => {
    const error = new RegistryError("NEWER_CODE" as RegistryErrorCode, "new", { detail: { a: 1 } });
    expect(error.toJSON()).toEqual({ code: "NEWER_CODE", message: "new" });
  });

  it("3: errorBody is the wire's list of errors", () => {
    const body = errorBody(new RegistryError("DENIED", "no"), new RegistryError("BLOB_UNKNOWN", "gone"));
    expect(body).toEqual({
      errors: [
        { code: "DENIED", message: "no" },
        { code: "BLOB_UNKNOWN", message: "gone" },
      ],
    });
  });
});

describe("isRegistryError", () => {
  it("tells errors by their codes", () => {
    const error = new RegistryError("BLOB_UNKNOWN");
    expect(isRegistryError(error)).toBe(true);
    expect(isRegistryError(error, "MANIFEST_UNKNOWN", "BLOB_UNKNOWN")).toBe(true);
    expect(isRegistryError(error, "MANIFEST_UNKNOWN")).toBe(false);
  });

  it("knows the errors of another installed copy", async () => {
    vi.resetModules();
    const copy = await import("../src/basics/errors.ts");
    const error = new copy.RegistryError("DENIED");
    expect(error).not.toBeInstanceOf(RegistryError);
    expect(isRegistryError(error, "DENIED")).toBe(true);
  });

  it.each([undefined, null, 0, "DENIED", {}, { code: "DENIED" }, new Error("DENIED"), Object.create(null)])(
    "does not take %o for one",
    (value) => {
      expect(isRegistryError(value)).toBe(false);
    },
  );
});

describe("httpStatus", () => {
  it("has a status for every code", () => {
    for (const code of registryErrorCodes)
      expect(httpStatus(code)).toSatisfy((status: number) => status >= 400 && status < 600);
    expect(registryErrorCodes).toHaveLength(21);
  });

  it("gives one code two statuses where the specification does", () => {
    expect([httpStatus("SIZE_INVALID", "manifest"), httpStatus("SIZE_INVALID", "blob")]).toEqual([413, 400]);
    expect([httpStatus("DENIED", "delete"), httpStatus("DENIED")]).toEqual([405, 403]);
  });

  it("is 500 for a code of another copy that this one does not know", () => {
    expect(["NEWER_CODE", "toString"].map((code) => httpStatus(code as RegistryErrorCode))).toEqual([
      500, 500,
    ]);
  });

  it.each([
    ["BLOB_UNKNOWN", 404],
    ["RANGE_INVALID", 416],
    ["PRECONDITION_FAILED", 412],
    ["UNAUTHORIZED", 401],
    ["TOOMANYREQUESTS", 429],
    ["UNSUPPORTED", 405],
    ["CONTENT_CORRUPT", 500],
  ] as const)("answers %s with %d", (code, status) => {
    expect(httpStatus(code)).toBe(status);
  });
});
