import { describe, expect, it } from "vitest";

import { RegistryError } from "@ocilayout/oci-types";
import {
  manifestTooLarge,
  missingReferences,
  preconditionFailed,
  rangeOutside,
  readOnly,
  stillReferenced,
  unknownBlob,
  unknownManifest,
  unknownRepository,
  unknownTag,
  unknownUpload,
  uploadBusy,
  wasClosed,
  writerClosed,
  wrongDigest,
  wrongMediaType,
  wrongOffset,
  wrongSize,
} from "../src/index.ts";

const digest = `sha256:${"a".repeat(64)}` as const;
const other = `sha256:${"b".repeat(64)}` as const;

describe("an error of a backend", () => {
  it.each([
    [unknownBlob(digest), "BLOB_UNKNOWN", `no blob ${digest}`, undefined],
    [
      unknownBlob(digest, "its file is a link"),
      "BLOB_UNKNOWN",
      `no blob ${digest}: its file is a link`,
      undefined,
    ],
    [unknownManifest("app", digest), "MANIFEST_UNKNOWN", `no manifest ${digest} in app`, undefined],
    [unknownTag("app", "v1"), "MANIFEST_UNKNOWN", "no tag v1 in app", undefined],
    [unknownRepository("app"), "NAME_UNKNOWN", "no repository app", undefined],
    [unknownUpload(), "BLOB_UPLOAD_UNKNOWN", "no such upload", undefined],
    [uploadBusy(), "BLOB_UPLOAD_INVALID", "cannot open the upload: another writer has it open", undefined],
    [writerClosed(), "BLOB_UPLOAD_INVALID", "the writer was closed: resume the upload", undefined],
    [wrongOffset(6, 4), "RANGE_INVALID", "cannot resume the upload at offset 4: it has 6 bytes", { size: 6 }],
    [
      rangeOutside(6),
      "RANGE_INVALID",
      "the range starts after the end of the blob, which has 6 bytes",
      { size: 6 },
    ],
    [wrongSize(5), "SIZE_INVALID", "content is longer than 5 bytes", { expected: 5 }],
    [wrongSize(5, 4), "SIZE_INVALID", "content has 4 bytes, not 5", { expected: 5, received: 4 }],
    [
      wrongMediaType("a/b", "a/c"),
      "MANIFEST_INVALID",
      "these bytes are stored as a/b, not as a/c",
      undefined,
    ],
    [manifestTooLarge(9), "SIZE_INVALID", "the manifest is larger than 9 bytes", { limit: 9 }],
    [
      wrongDigest(digest, other),
      "DIGEST_INVALID",
      `content has digest ${other}, not ${digest}`,
      { expected: digest, received: other },
    ],
    [
      missingReferences([digest, other]),
      "MANIFEST_BLOB_UNKNOWN",
      `the manifest refers to missing content: ${digest}`,
      { missing: [digest, other] },
    ],
    [
      preconditionFailed("v1", digest),
      "PRECONDITION_FAILED",
      `the precondition failed: tag v1 points at ${digest}`,
      { tag: "v1", digest },
    ],
    [
      preconditionFailed("v1", undefined),
      "PRECONDITION_FAILED",
      "the precondition failed: tag v1 does not exist",
      { tag: "v1", digest: null },
    ],
    [wasClosed(), "CLOSED", "this registry was closed", undefined],
    [readOnly(), "DENIED", "this registry was opened for reading only", { reason: "READ_ONLY" }],
    [
      stillReferenced("an index contains it", { referencedBy: [digest] }),
      "DENIED",
      "an index contains it",
      { reason: "REFERENCED", referencedBy: [digest] },
    ],
    [
      stillReferenced("a manifest is damaged", { damaged: [digest] }),
      "DENIED",
      "a manifest is damaged",
      { reason: "REFERENCED", damaged: [digest] },
    ],
  ])("%s", (error, code, message, detail) => {
    expect(error).toBeInstanceOf(RegistryError);
    expect({ code: error.code, message: error.message, detail: error.detail }).toEqual({
      code,
      message,
      detail,
    });
  });
});
