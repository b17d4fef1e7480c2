import { describe, expect, expectTypeOf, it } from "vitest";

import type { Digest, RegistryErrorCode } from "../src/index.ts";
import { isRegistryError, RegistryError } from "../src/index.ts";

const missing: readonly Digest[] = [`sha256:${"a".repeat(64)}`];

describe("the detail of an error", () => {
  it("has the type that belongs to the code", () => {
    const error = new RegistryError("MANIFEST_BLOB_UNKNOWN", undefined, { detail: { missing } });
    expectTypeOf(error.code).toEqualTypeOf<"MANIFEST_BLOB_UNKNOWN">();
    expectTypeOf(error.detail).toEqualTypeOf<{ readonly missing: readonly Digest[] } | undefined>();
    expect(error.detail).toEqual({ missing });
  });

  it("has that type once isRegistryError has found the code", () => {
    const error: unknown = new RegistryError("MANIFEST_BLOB_UNKNOWN", undefined, { detail: { missing } });
    if (!isRegistryError(error, "MANIFEST_BLOB_UNKNOWN")) throw new Error("the code is another");
    expectTypeOf(error.detail).toEqualTypeOf<{ readonly missing: readonly Digest[] } | undefined>();
    expect(error.detail?.missing).toEqual(missing);
  });

  it("narrows further with the code, if isRegistryError found one of several", () => {
    const error: unknown = new RegistryError("DENIED", undefined, { detail: { reason: "READ_ONLY" } });
    if (!isRegistryError(error, "DENIED", "RANGE_INVALID") || error.code !== "DENIED")
      throw new Error("the code is another");
    expectTypeOf(error.detail).toEqualTypeOf<RegistryError<"DENIED">["detail"]>();
    expect(error.detail?.reason).toBe("READ_ONLY");
  });

  it("narrows with the code alone, if isRegistryError was asked for none", () => {
    const error: unknown = new RegistryError("RANGE_INVALID", undefined, { detail: { size: 6 } });
    if (!isRegistryError(error)) throw new Error("this is another error");
    expectTypeOf(error.code).toEqualTypeOf<RegistryErrorCode>();
    expect(error.code === "RANGE_INVALID" ? error.detail?.size : undefined).toBe(6);
  });

  it("is checked by the constructor", () => {
    // @ts-expect-error -- a range has a size
    new RegistryError("RANGE_INVALID", undefined, { detail: { limit: 6 } });
    // @ts-expect-error -- another code has this detail
    const error: RegistryError<"DENIED"> = new RegistryError("RANGE_INVALID", undefined, {
      detail: { size: 6 },
    });
    expect(error.code).toBe("RANGE_INVALID");
  });

  it("does not keep an error with one code from being an error with any", () => {
    const errors: RegistryError[] = [new RegistryError("DENIED"), new RegistryError("RANGE_INVALID")];
    expectTypeOf<RegistryError<"DENIED">>().toExtend<RegistryError>();
    expect(errors.map(({ detail }) => detail)).toEqual([undefined, undefined]);
  });
});
