import { collect } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { everyCall, type Names } from "../src/case/every-call.ts";
import { emptyBlob } from "../src/content/index.ts";
import { createMemoryRegistry } from "../src/memory/index.ts";

const names: Names = { repo: "a", digest: emptyBlob.descriptor.digest, tag: "t" };

const writingCalls = everyCall.filter(({ name }) => /^(push|mount|cancel|delete)/.test(name));

// section 3
describe("a registry in memory", () => {
  it.each(everyCall)("rejects $name with CLOSED after it was closed", async ({ run }) => {
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

  it.each(writingCalls)("with readOnly rejects $name with DENIED", async ({ run }) => {
    const registry = createMemoryRegistry({ readOnly: true });
    await expect(run(registry, names)).rejects.toMatchObject({
      code: "DENIED",
      detail: { reason: "READ_ONLY" },
    });
  });

  it("with readOnly can be read", async () => {
    const registry = createMemoryRegistry({ readOnly: true });
    expect(await collect(registry.repositories())).toEqual([]);
  });

  it("states which capabilities it lacks", () => {
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
