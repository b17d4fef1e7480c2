import { describe, expect, it } from "vitest";

import { mountBlobFrom, mountFrom, octetStream, type Descriptor, type MountsFrom } from "../src/index.ts";

const blob = { digest: `sha256:${"0".repeat(64)}`, size: 1 } as const;
const source = { registry: {}, repository: "from" };

describe("mountBlobFrom", () => {
  it("calls the method of the target with its arguments, and returns the result", async () => {
    const calls: unknown[][] = [];
    const descriptor: Descriptor = { mediaType: octetStream, ...blob };
    const registry: MountsFrom = {
      async [mountFrom](...args) {
        calls.push([this, ...args]);
        return descriptor;
      },
    };
    const options = { signal: new AbortController().signal };
    expect(await mountBlobFrom(source, { registry, repository: "to" }, blob, options)).toBe(descriptor);
    expect(calls).toEqual([[registry, source.registry, "from", "to", blob, options]]);
  });

  it("returns undefined if the target does not have the method", async () => {
    expect(await mountBlobFrom(source, { registry: {}, repository: "to" }, blob)).toBeUndefined();
  });

  it("finds the method of a registry that uses another copy of this package", () => {
    expect(mountFrom).toBe(Symbol.for("@ocilayout/mountFrom"));
  });
});
