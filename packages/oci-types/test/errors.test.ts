import { describe, expect, it, vi } from "vitest";

import { isRegistryError, RegistryError, type RegistryErrorCode, registryErrorCodes } from "../src/index.ts";

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

  it("has a default message for its code", () => {
    expect(new RegistryError("TOOMANYREQUESTS").message).toBe("too many requests");
  });

  it("has no own cause and no own detail when none was given", () => {
    const error = new RegistryError("DENIED");
    expect(Object.hasOwn(error, "cause")).toBe(false);
    expect(Object.hasOwn(error, "detail")).toBe(false);
  });

  it("serialises code, message and detail, and never the cause", () => {
    const error = new RegistryError("MANIFEST_INVALID", "bad", {
      cause: new Error("/secret/path"),
      detail: { limit: 1 },
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: "MANIFEST_INVALID",
      message: "bad",
      detail: { limit: 1 },
    });
  });

  it("omits the detail of the registry's own failures when serialised", () => {
    const error = new RegistryError("LOCK_TIMEOUT", "busy", { detail: { host: "build-7", pid: 4711 } });
    expect(error.toJSON()).toEqual({ code: "LOCK_TIMEOUT", message: "busy" });
  });

  it("serialises only code and message when its code is unknown to this copy of the package", () => {
    const error = new RegistryError("NEWER_CODE" as RegistryErrorCode, "new", { detail: { a: 1 } });
    expect(error.toJSON()).toEqual({ code: "NEWER_CODE", message: "new" });
  });
});

describe("isRegistryError", () => {
  it("distinguishes errors by code", () => {
    const error = new RegistryError("BLOB_UNKNOWN");
    expect(isRegistryError(error)).toBe(true);
    expect(isRegistryError(error, "MANIFEST_UNKNOWN", "BLOB_UNKNOWN")).toBe(true);
    expect(isRegistryError(error, "MANIFEST_UNKNOWN")).toBe(false);
  });

  it("recognises errors of another installed copy", async () => {
    vi.resetModules();
    const copy = await import("../src/basics/errors.ts");
    const error = new copy.RegistryError("DENIED");
    expect(error).not.toBeInstanceOf(RegistryError);
    expect(isRegistryError(error, "DENIED")).toBe(true);
  });

  it.each([undefined, null, 0, "DENIED", {}, { code: "DENIED" }, new Error("DENIED"), Object.create(null)])(
    "rejects %o",
    (value) => {
      expect(isRegistryError(value)).toBe(false);
    },
  );
});

describe("registryErrorCodes", () => {
  it("lists every code once", () => {
    expect(new Set(registryErrorCodes).size).toBe(registryErrorCodes.length);
    expect(registryErrorCodes.length).toBeGreaterThan(20);
  });

  it("has the codes of files and archives, whose details are safe for a client", () => {
    expect(registryErrorCodes).toEqual(expect.arrayContaining(["FILE_UNKNOWN", "ARCHIVE_INVALID"]));
    const unknown = new RegistryError("FILE_UNKNOWN", undefined, { detail: { path: "etc/passwd" } });
    expect(unknown.toJSON()).toEqual({
      code: "FILE_UNKNOWN",
      message: "file unknown",
      detail: { path: "etc/passwd" },
    });
    const invalid = new RegistryError("ARCHIVE_INVALID", undefined, { detail: { offset: 512 } });
    expect(invalid.toJSON()).toEqual({
      code: "ARCHIVE_INVALID",
      message: "archive invalid",
      detail: { offset: 512 },
    });
  });
});
