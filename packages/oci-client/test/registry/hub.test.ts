import { describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { openRemote } from "../../src/index.ts";

const names = ["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/** A response without content. */
const empty = {
  status: 200,
  header: () => [],
  body: { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true as const, value: undefined }) }) },
  discard: async () => undefined,
};

/** Records the addresses of requests, and answers all with an empty success. */
function recording(): Transport & { readonly urls: string[] } {
  const urls: string[] = [];
  return {
    urls,
    async send({ url }) {
      urls.push(url.href);
      return empty;
    },
    close: async () => undefined,
  };
}

describe("trap 22: the names of Docker Hub", () => {
  it.each(names)(
    "sends requests for %s to its server, and finds official images in library/",
    async (host) => {
      const transport = recording();
      const client = await openRemote(host, { transport, credentials: false });
      await client.deleteManifest("alpine", `sha256:${"0".repeat(64)}`);
      await client.deleteManifest("user/app", `sha256:${"0".repeat(64)}`);
      expect(transport.urls).toEqual([
        "https://registry-1.docker.io/v2/",
        `https://registry-1.docker.io/v2/library/alpine/manifests/sha256:${"0".repeat(64)}`,
        `https://registry-1.docker.io/v2/user/app/manifests/sha256:${"0".repeat(64)}`,
      ]);
    },
  );

  it.each(names)("asks for the credentials of docker.io if the host is %s", async (host) => {
    const asked: string[] = [];
    const transport: Transport = {
      ...recording(),
      send: async () => ({
        ...empty,
        status: 401,
        header: (name) => (name === "www-authenticate" ? ['Basic realm="hub"'] : []),
      }),
    };
    const credentials = async (account: string): Promise<undefined> => void asked.push(account);
    const client = await openRemote(host, { transport, credentials });
    await expect(client.ping()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(new Set(asked)).toEqual(new Set(["docker.io"]));
  });

  it("leaves the names of other registries as they are", async () => {
    const transport = recording();
    const client = await openRemote("docker.io.example", { transport, credentials: false });
    await client.deleteManifest("alpine", `sha256:${"0".repeat(64)}`);
    expect(transport.urls.at(-1)).toContain("https://docker.io.example/v2/alpine/");
  });
});
