import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { openPerRepository } from "@ocilayout/layout-per-repo";
import { openRemote } from "@ocilayout/oci-client";
import { sync } from "@ocilayout/oci-image";
import { serve } from "@ocilayout/oci-server/node";
import type { Registry } from "@ocilayout/oci-types";
import { collect, computeDigest, emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";
import { describe, expect, it, onTestFinished } from "vitest";

import { startDistribution } from "./distribution.ts";
import { has } from "./programs.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The program of docs/scale.md. */
async function release(registry: Registry, version: string): Promise<void> {
  const notes = bytes(`Notes of ${version}`);
  const layer = await registry.pushBlob("team/notes", await computeDigest(notes), notes);
  await registry.pushBlob("team/notes", emptyDescriptor, bytes("{}"));
  const mediaType = ociMediaTypes.imageManifest;
  const manifest = {
    schemaVersion: 2,
    mediaType,
    artifactType: "text/plain",
    config: emptyDescriptor,
    layers: [layer],
  };
  await registry.pushManifest("team/notes", bytes(JSON.stringify(manifest)), mediaType, {
    tags: [version, "latest"],
  });
}

describe.skipIf(!has("docker-registry"))("the steps of docs/scale.md", () => {
  it("run one program, and move its content from step to step", async () => {
    const directory = mkdtempSync(join(tmpdir(), "interop-"));
    const closing: AsyncDisposable[] = [];
    const use = <Open extends AsyncDisposable>(it: Open): Open => {
      closing.unshift(it);
      return it;
    };
    onTestFinished(async () => {
      for (const it of closing) await it[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    });
    const layout = use(await openLayout(join(directory, "one")));
    const tree = use(await openPerRepository(join(directory, "tree")));
    const shared = join(directory, "shared");
    const hosts: string[] = [];
    for (let i = 0; i < 2; i += 1) {
      const server = use(await serve(use(await openPerRepository(shared)), { writable: true, port: 0 }));
      hosts.push(new URL(server.url).host);
    }
    const servers = await Promise.all(hosts.map((host) => openRemote(host, { credentials: false })));
    for (const server of servers) use(server);
    const distribution = use(await startDistribution());
    const theirs = use(
      await openRemote(distribution.host, { credentials: false, capabilities: { deleteTag: false } }),
    );
    const [first, second] = servers;
    if (first === undefined || second === undefined) throw new Error("a server is missing");
    const steps: readonly Registry[] = [layout, tree, first, theirs];
    for (const [i, registry] of steps.entries()) {
      await release(registry, `v${i}`);
      const tags = Array.from({ length: i + 1 }, (_, number) => `v${number}`);
      expect(await collect(registry.tags("team/notes"))).toEqual(["latest", ...tags]);
      const next = steps[i + 1];
      if (next !== undefined)
        await sync({ registry, repository: "team/notes" }, { registry: next, repository: "team/notes" });
    }
    // Two servers over one directory see each other's changes.
    await release(second, "v9");
    expect((await first.resolveTag("team/notes", "latest")).digest).toBe(
      (await second.resolveTag("team/notes", "v9")).digest,
    );
    await expect(
      second.pushManifest("team/notes", bytes("x"), "application/x-a", { tags: ["v9"], ifNoneMatch: "*" }),
    ).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
    await expect(theirs.deleteTag("team/notes", "v0")).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});
