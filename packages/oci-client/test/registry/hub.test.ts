import { describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { openRemote } from "../../src/index.ts";

/** Records the addresses of requests, and answers all with an empty success. */
function recording(): Transport & { readonly urls: string[] } {
  const urls: string[] = [];
  return {
    urls,
    async send({ url }) {
      urls.push(url.href);
      return {
        status: 200,
        header: () => [],
        body: {
          [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true as const, value: undefined }) }),
        },
        discard: async () => undefined,
      };
    },
    close: async () => undefined,
  };
}

describe("trap 22: the names of Docker Hub", () => {
  it.each(["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"])(
    "sends requests for %s to its server, and finds official images in library/",
    async (host) => {
      const transport = recording();
      const hosts: string[] = [];
      const client = await openRemote(host, {
        transport,
        credentials: async (asked) => {
          hosts.push(asked);
          return undefined;
        },
      });
      await client.deleteManifest("alpine", `sha256:${"0".repeat(64)}`);
      await client.deleteManifest("user/app", `sha256:${"0".repeat(64)}`);
      expect(transport.urls).toEqual([
        "https://registry-1.docker.io/v2/",
        `https://registry-1.docker.io/v2/library/alpine/manifests/sha256:${"0".repeat(64)}`,
        `https://registry-1.docker.io/v2/user/app/manifests/sha256:${"0".repeat(64)}`,
      ]);
    },
  );

  it("leaves the names of other registries as they are", async () => {
    const transport = recording();
    const client = await openRemote("docker.io.example", { transport, credentials: false });
    await client.deleteManifest("alpine", `sha256:${"0".repeat(64)}`);
    expect(transport.urls.at(-1)).toContain("https://docker.io.example/v2/alpine/");
  });
});
