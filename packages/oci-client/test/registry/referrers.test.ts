import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { artifact, pushContent } from "@ocilayout/layout-testkit/content";
import { createHandler } from "@ocilayout/oci-server";
import type { Descriptor, ImageIndex, Registry } from "@ocilayout/oci-types";
import { collect, ociMediaTypes } from "@ocilayout/oci-types";
import { describe, expect, it, onTestFinished } from "vitest";

import { openRemote, type RemoteOptions, type RemoteRegistry } from "../../src/index.ts";
import { bodyOf, scriptedServer } from "../scripted-server.ts";

const subject: Descriptor = { mediaType: "application/x-a", digest: `sha256:${"5".repeat(64)}`, size: 7 };
const tag = subject.digest.replace(":", "-");

interface Without {
  /** Whether the registry honours preconditions. */
  readonly conditions: boolean;
  /** Headers that it adds to the answer to a push. */
  readonly claims?: Record<string, string>;
}

/** Serves a registry that has no referrers API. */
async function withoutApi({ conditions, claims = {} }: Without): Promise<{
  readonly registry: Registry;
  readonly open: (options?: RemoteOptions) => Promise<RemoteRegistry>;
}> {
  const registry = createMemoryRegistry();
  const handle = createHandler(
    { ...registry, capabilities: { conditionalTags: conditions } },
    { writable: true },
  );
  const server = await scriptedServer(async (request, response) => {
    const { method = "", url = "" } = request;
    if (url.includes("/referrers/")) {
      response.writeHead(404).end();
      return;
    }
    const headers = new Headers(request.headers as Record<string, string>);
    if (!conditions) for (const name of ["if-match", "if-none-match"]) headers.delete(name);
    const body = await bodyOf(request);
    const answer = await handle(
      new Request(`http://registry.test${url}`, {
        method,
        headers,
        ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
      }),
    );
    response.writeHead(answer.status, {
      ...Object.fromEntries(answer.headers),
      ...(method === "PUT" ? claims : {}),
    });
    response.end(new Uint8Array(await answer.arrayBuffer()));
  });
  const open = async (options: RemoteOptions = {}): Promise<RemoteRegistry> => {
    const client = await openRemote(server.origin.host, { credentials: false, ...options });
    onTestFinished(async () => client.close());
    return client;
  };
  return { registry, open };
}

async function attach(client: RemoteRegistry, name: string): Promise<Descriptor> {
  return pushContent(
    client,
    "app",
    artifact({ artifactType: "application/vnd.example", annotations: { name }, subject }),
  );
}

async function indexAt(registry: Registry): Promise<ImageIndex> {
  return (await (await registry.getTag("app", tag)).json()) as ImageIndex;
}

describe("trap 11: attaching at the same time to a registry without the referrers API", () => {
  it("loses none of sixteen by four clients if the registry honours If-Match, without a warning", async () => {
    const { open } = await withoutApi({ conditions: true });
    const warnings: string[] = [];
    const clients = await Promise.all(
      Array.from({ length: 4 }, () => open({ onWarning: ({ text }) => warnings.push(text) })),
    );
    const [first] = clients;
    if (first === undefined) throw new Error("no client is open");
    const names = Array.from({ length: 16 }, (_, i) => `signature ${i}`);
    await Promise.all(names.map(async (name, i) => attach(clients[i % 4] ?? first, name)));
    const listed = await collect(first.referrers("app", subject.digest));
    expect(listed.map(({ annotations }) => annotations?.["name"]).sort()).toEqual([...names].sort());
    expect(warnings).toEqual([]);
  });

  it("loses none of sixteen by one client, and warns, if the registry ignores If-Match", async () => {
    const { open } = await withoutApi({ conditions: false });
    const warnings: string[] = [];
    const client = await open({ onWarning: ({ text }) => warnings.push(text) });
    const names = Array.from({ length: 16 }, (_, i) => `signature ${i}`);
    await Promise.all(names.map(async (name) => attach(client, name)));
    expect(await collect(client.referrers("app", subject.digest))).toHaveLength(16);
    expect(warnings[0]).toContain("neither a referrers API nor conditional pushes");
  });
});

describe("trap 12: the descriptors at the referrers tag", () => {
  it("have the artifact type and the annotations of their manifests", async () => {
    const { open, registry } = await withoutApi({ conditions: true });
    const pushed = await attach(await open(), "one");
    expect((await indexAt(registry)).manifests).toEqual([
      { ...pushed, artifactType: "application/vnd.example", annotations: { name: "one" } },
    ]);
  });

  it("are written although a registry claims with OCI-Subject that it knows the subject", async () => {
    const { open, registry } = await withoutApi({
      conditions: true,
      claims: { "oci-subject": subject.digest },
    });
    await attach(await open(), "one");
    expect((await indexAt(registry)).manifests).toHaveLength(1);
  });
});

describe("the referrers tag", () => {
  it("keeps what other clients wrote, and does not list what refers to something else", async () => {
    const { open, registry } = await withoutApi({ conditions: true });
    const client = await open();
    const other = await pushContent(client, "app", artifact({ artifactType: "a/b" }));
    const index = {
      schemaVersion: 2,
      mediaType: ociMediaTypes.imageIndex,
      manifests: [other],
      annotations: { kept: "yes" },
    };
    const bytes = new TextEncoder().encode(JSON.stringify(index));
    await registry.pushManifest("app", bytes, ociMediaTypes.imageIndex, { tags: [tag] });
    const one = await attach(client, "one");
    const written = await indexAt(registry);
    expect(written.manifests.map(({ digest }) => digest)).toEqual([other.digest, one.digest]);
    expect(written.annotations).toEqual({ kept: "yes" });
    expect((await collect(client.referrers("app", subject.digest))).map(({ digest }) => digest)).toEqual([
      one.digest,
    ]);
  });

  it("is not written if the registry has the API", async () => {
    const registry = createMemoryRegistry();
    const handle = createHandler(registry, { writable: true });
    const server = await scriptedServer(async (request, response) => {
      const body = await bodyOf(request);
      const answer = await handle(
        new Request(`http://registry.test${request.url ?? ""}`, {
          method: request.method ?? "",
          headers: request.headers as Record<string, string>,
          ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
        }),
      );
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(new Uint8Array(await answer.arrayBuffer()));
    });
    const client = await openRemote(server.origin.host, { credentials: false });
    await attach(client, "one");
    expect(await collect(client.tags("app"))).toEqual([]);
    expect(await collect(client.referrers("app", subject.digest))).toHaveLength(1);
    await client.close();
  });
});
