import { describe, expect, it, vi } from "vitest";

import { MessageHeaders } from "../src/node/message-headers.ts";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { serve } from "../src/node.ts";

const RAW = ["Host", "localhost", "If-Match", '"a"', "if-match", '"b"', "X-Latin", "\xe9"];

describe("the headers of a message", () => {
  const headers = new MessageHeaders(RAW);

  it("have the values that Headers has, whatever the case of a name", () => {
    const expected = headers.toHeaders();
    for (const name of ["host", "HOST", "If-Match", "x-latin", "absent"]) {
      expect(headers.get(name)).toBe(expected.get(name));
      expect(headers.has(name)).toBe(expected.has(name));
    }
    expect(headers.get("if-match")).toBe('"a", "b"');
  });

  it("yield every line, also those with the same name", () => {
    expect([...headers].flat()).toEqual(RAW);
  });

  it("have no header with the name of a member of Object", () => {
    expect([headers.get("constructor"), headers.has("__proto__")]).toEqual([null, false]);
  });
});

describe("options of a server of node:http", () => {
  it("need no Headers if they are absent: Node would load fetch for it", async () => {
    await using server = await serve(createMemoryRegistry(), { port: 0 });
    const made = vi.fn();
    class Counted extends Headers {
      constructor() {
        super();
        made();
      }
    }
    vi.stubGlobal("Headers", Counted);
    try {
      expect((await fetch(`${server.url}/v2/`)).status).toBe(200);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(made).not.toHaveBeenCalled();
  });

  it("receive the same request each time, with Headers", async () => {
    const seen: unknown[] = [];
    const see = vi.fn((request: { readonly headers: Headers }) => {
      seen.push(request);
      return undefined;
    });
    await using server = await serve(createMemoryRegistry(), {
      port: 0,
      clientOf: see,
      allowSharedBlobs: true,
      authorize: (request) => {
        see(request);
        return "allow";
      },
    });
    await fetch(`${server.url}/v2/`, { headers: { "x-name": "value" } });
    expect(see).toHaveBeenCalledTimes(2);
    expect(seen[0]).toBe(seen[1]);
    const [{ headers }] = seen as [{ headers: Headers }];
    expect([headers instanceof Headers, headers.get("X-Name")]).toEqual([true, "value"]);
  });
});
