import { probe, rejection } from "@ocilayout/testing";
import { describe, expect, it, vi } from "vitest";

import { defineRegistry } from "../src/index.ts";
import { collect, type Registry } from "@ocilayout/oci-types";
import { digest } from "./recording-backend.ts";
import { calls } from "./registry-calls.ts";

describe("defineRegistry", () => {
  it.each(Object.entries(calls))(
    "rejects %s with UNSUPPORTED when the backend lacks it",
    async (_name, call) => {
      expect(await rejection(call(defineRegistry({})))).toMatchObject({ code: "UNSUPPORTED" });
    },
  );

  it.each(Object.entries(calls))("passes %s on, with the backend as `this`", async (name, call) => {
    const receivers: unknown[] = [];
    const backend = {
      [name](this: unknown) {
        receivers.push(this);
        return name === "tags" || name === "referrers" || name === "repositories"
          ? probe([])
          : Promise.resolve();
      },
    } as Partial<Registry>;
    await call(defineRegistry(backend));
    expect(receivers).toEqual([backend]);
  });

  // clause 4
  it("calls a list method only when the first item is requested", async () => {
    const tags = vi.fn(async function* () {
      yield "v1";
    });
    const list = defineRegistry({ tags }).tags("a");
    expect(tags).not.toHaveBeenCalled();
    expect(await collect(list)).toEqual(["v1"]);
  });

  // clause 4
  it("returns the backend's iterator when the loop is left", async () => {
    let freed = false;
    const registry = defineRegistry({
      async *repositories() {
        try {
          for (;;) yield "a";
        } finally {
          freed = true;
        }
      },
    });
    for await (const name of registry.repositories()) if (name === "a") break;
    expect(freed).toBe(true);
  });

  // clause 1
  it("turns a synchronous throw of the backend into a rejection", async () => {
    const registry = defineRegistry({
      getTag() {
        throw new TypeError("at once");
      },
    });
    expect(await rejection(registry.getTag("a", "t"))).toBeInstanceOf(TypeError);
  });

  // clause 1
  it.each(Object.entries(calls))(
    "passes no null and no invalid signal to the backend of %s",
    async (name, make) => {
      const received: unknown[] = [];
      const backend = {
        [name](...args: unknown[]) {
          received.push(args.at(-1));
          return name === "tags" || name === "referrers" || name === "repositories"
            ? probe([])
            : Promise.resolve();
        },
      } as Partial<Registry>;
      const call = async (options: unknown): Promise<unknown> => make(defineRegistry(backend), { options });
      await call({ signal: null, mark: 1 });
      const { signal } = new AbortController();
      const own = { signal };
      await call(own);
      expect(received).toEqual([{ signal: undefined, mark: 1 }, own]);
      expect(received[1]).toBe(own);
      for (const wrong of [null, "text", { signal: {} }, { signal: 0 }])
        expect(await rejection(call(wrong))).toBeInstanceOf(TypeError);
      expect(received).toHaveLength(2);
    },
  );

  it("closes the content of a push that has an invalid signal", async () => {
    const source = probe([new Uint8Array(1)]);
    const registry = defineRegistry({ pushBlob: vi.fn() });
    expect(
      await rejection(registry.pushBlob("a", { digest }, source, { signal: {} as AbortSignal })),
    ).toBeInstanceOf(TypeError);
    expect(source.log).toEqual(["return"]);
  });

  it("closes the content of a push that it rejects", async () => {
    const source = probe([new Uint8Array(1)]);
    await rejection(defineRegistry({}).pushBlob("a", { digest }, source));
    expect(source.log).toEqual(["return"]);
  });

  it("keeps the backend's capabilities", () => {
    expect(defineRegistry({ capabilities: { mount: false } }).capabilities).toEqual({ mount: false });
    expect(defineRegistry({}).capabilities).toBeUndefined();
  });
});
