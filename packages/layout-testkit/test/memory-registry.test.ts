import { collect } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { everyCall, type Names } from "../src/case/every-call.ts";
import { emptyBlob } from "../src/content/index.ts";
import { createMemoryRegistry } from "../src/memory/index.ts";

const names: Names = { repo: "a", digest: emptyBlob.descriptor.digest, tag: "t" };

const writingCalls = everyCall.filter(({ name }) => /^(push|mount|cancel|delete)/.test(name));

describe("section 3: a registry", () => {
  it.each(everyCall)("that was closed: $name is CLOSED", async ({ run }) => {
    const registry = createMemoryRegistry();
    await registry.close();
    await registry.close();
    await expect(run(registry, names)).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("is closed when it is disposed", async () => {
    const registry = createMemoryRegistry();
    await registry[Symbol.asyncDispose]();
    await expect(collect(registry.repositories())).rejects.toMatchObject({ code: "CLOSED" });
  });

  it.each(writingCalls)("that is readOnly: $name is DENIED", async ({ run }) => {
    const registry = createMemoryRegistry({ readOnly: true });
    await expect(run(registry, names)).rejects.toMatchObject({ code: "DENIED" });
  });

  it("that is readOnly is read", async () => {
    const registry = createMemoryRegistry({ readOnly: true });
    expect(await collect(registry.repositories())).toEqual([]);
  });

  it("says what it does not promise", () => {
    expect(createMemoryRegistry().capabilities).toEqual({
      persistent: false,
      repositoryScopedBlobs: true,
      checksReferences: true,
    });
    expect(createMemoryRegistry({ repositoryScopedBlobs: false, allowSparse: true }).capabilities).toEqual({
      persistent: false,
      repositoryScopedBlobs: false,
      checksReferences: false,
    });
  });
});
