import { once } from "node:events";
import type { ServerResponse } from "node:http";

import { collect, ociMediaTypes } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import type { RemoteRegistry } from "../../src/index.ts";
import type { Answer } from "../scripted-server.ts";
import { reply } from "../scripted-server.ts";
import { codeOf, scripted } from "./registry.ts";

const list = "/v2/app/tags/list";
const { imageIndex } = ociMediaTypes;

/** Waits until more can be written, or the connection is closed. */
async function drained(response: ServerResponse): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]);
  stop.abort();
}

function page(tags: readonly string[] | null, link?: string): Answer {
  return reply(200, JSON.stringify({ name: "app", tags }), link === undefined ? {} : { link });
}

describe("trap 6: pages that lead elsewhere", () => {
  it.each(["http://elsewhere.example/v2/app/tags/list", "//elsewhere.example/x", "https://127.0.0.1/x"])(
    "refuses a page at %s",
    async (target) => {
      const { client, asked } = await scripted({ [`GET ${list}`]: page(["a"], `<${target}>; rel="next"`) });
      expect(await codeOf(collect(client.tags("app")))).toBe("REMOTE_FAILED");
      expect(asked()).toHaveLength(1);
    },
  );

  it("ends at a page that links to itself", async () => {
    const { client, asked } = await scripted({ [`GET ${list}`]: page(["a"], `<${list}>; rel="next"`) });
    expect(await codeOf(collect(client.tags("app")))).toBe("REMOTE_FAILED");
    expect(asked()).toHaveLength(1);
  });

  it("ends when pages bring nothing new", async () => {
    let count = 0;
    const { client, asked } = await scripted({
      [`GET ${list}`]: (request, response) =>
        page(["a"], `<${list}?page=${(count += 1)}>; rel="next"`)(request, response),
    });
    expect(await codeOf(collect(client.tags("app")))).toBe("REMOTE_FAILED");
    expect(asked().length).toBeLessThan(30);
  });

  it("ends a list that has too many items", async () => {
    let count = 0;
    const { client, asked } = await scripted(
      {
        [`GET ${list}`]: (request, response) =>
          page([`t${(count += 1)}`], `<${list}?page=${count}>; rel="next"`)(request, response),
      },
      { maxListItems: 5 },
    );
    expect(await codeOf(collect(client.tags("app")))).toBe("REMOTE_FAILED");
    expect(asked()).toHaveLength(6);
  });
});

describe("trap 9: lists without end", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const lists = {
    tags: [list, (client: RemoteRegistry) => client.tags("app")],
    referrers: [`/v2/app/referrers/${digest}`, (client: RemoteRegistry) => client.referrers("app", digest)],
    repositories: ["/v2/_catalog", (client: RemoteRegistry) => client.repositories()],
  } as const;

  it.each(Object.entries(lists))("reads a page of %s up to 16 MiB", async (_name, [path, call]) => {
    let sent = 0;
    const { client } = await scripted({
      [`GET ${path}`]: async (_request, response) => {
        response.writeHead(200, { "content-type": imageIndex });
        const chunk = Buffer.alloc(2 ** 20, " ");
        for (; !response.destroyed; sent += 1) if (!response.write(chunk)) await drained(response);
      },
    });
    expect(await codeOf(collect(call(client) as AsyncIterable<unknown>))).toBe("REMOTE_FAILED");
    expect(sent).toBeLessThan(40);
  });
});

describe("trap 24: page sizes", () => {
  it("requests no page size, follows opaque links, and sorts", async () => {
    const { client, asked } = await scripted({
      [`GET ${list}`]: page(["v10", "v2"], `</v2/app/tags/list?token=x%2Fy&n=2>; rel="next"`),
      [`GET ${list}?token=x%2Fy&n=2`]: page(["a", "v2", "V1"], `<${list}?last=z>; rel="prev"`),
    });
    expect(await collect(client.tags("app"))).toEqual(["V1", "a", "v10", "v2"]);
    expect(await collect(client.tags("app", { startAfter: "a", limit: 1 }))).toEqual(["v10"]);
    expect(asked().slice(0, 2)).toEqual([`GET ${list}`, `GET ${list}?token=x%2Fy&n=2`]);
  });

  it.each([
    `</v2/app/tags/list?p=2>;rel=next`,
    `<ignored>; rel="prev", </v2/app/tags/list?p=2>; foo="x"; rel="last next"`,
    `<?p=2>; REL="Next"`,
  ])("reads the link %s", async (link) => {
    const { client } = await scripted({
      [`GET ${list}`]: page(["a"], link),
      [`GET ${list}?p=2`]: page(["b"]),
    });
    expect(await collect(client.tags("app"))).toEqual(["a", "b"]);
  });
});

describe("a list", () => {
  it("of null is empty", async () => {
    const { client } = await scripted({ [`GET ${list}`]: page(null) });
    expect(await collect(client.tags("app"))).toEqual([]);
  });

  it("leaves out names that no call could use", async () => {
    const { client } = await scripted({ [`GET ${list}`]: reply(200, '{"tags":["a",7,"../x","b c",null]}') });
    expect(await collect(client.tags("app"))).toEqual(["a"]);
  });

  it.each(["<html>", "\u0000", ""])("of %j has a code", async (body) => {
    const { client } = await scripted({ [`GET ${list}`]: reply(200, body) });
    expect(await codeOf(collect(client.tags("app")))).toBe("REMOTE_FAILED");
  });

  it("of an unknown repository has a code", async () => {
    const { client } = await scripted({});
    expect(await codeOf(collect(client.tags("app")))).toBe("NAME_UNKNOWN");
  });
});
