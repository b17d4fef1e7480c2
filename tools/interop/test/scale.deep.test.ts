import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { openPerRepository } from "@ocilayout/layout-per-repo";
import { openRemote } from "@ocilayout/oci-client";
import { sync } from "@ocilayout/oci-image";
import type { Registry } from "@ocilayout/oci-types";
import { collect, computeDigest, emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";
import { describe, expect, it, onTestFinished } from "vitest";

import { startDistribution } from "./distribution.ts";
import { has } from "./programs.ts";
import { buildCommand, startServer } from "./server-process.ts";

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
    using command = await buildCommand();
    const serve = async () => use(await startServer(command, shared, "--per-repo", "--writable"));
    const processes = [await serve(), await serve()] as const;
    const [first, second] = [
      use(await openRemote(processes[0].host, { credentials: false, retries: 1 })),
      use(await openRemote(processes[1].host, { credentials: false })),
    ];
    const distribution = use(await startDistribution());
    const theirs = use(
      await openRemote(distribution.host, { credentials: false, capabilities: { deleteTag: false } }),
    );
    const steps: readonly Registry[] = [layout, tree, first, theirs];
    for (const [i, registry] of steps.entries()) {
      await release(registry, `v${i}`);
      const tags = Array.from({ length: i + 1 }, (_, number) => `v${number}`);
      expect(await collect(registry.tags("team/notes"))).toEqual(["latest", ...tags]);
      const next = steps[i + 1];
      if (next !== undefined)
        await sync({ registry, repository: "team/notes" }, { registry: next, repository: "team/notes" });
    }
    // Processes over one directory see each other's changes, and lose none of those made at the same time.
    await release(second, "v9");
    expect((await first.resolveTag("team/notes", "latest")).digest).toBe(
      (await second.resolveTag("team/notes", "v9")).digest,
    );
    await expect(
      second.pushManifest("team/notes", bytes("x"), "application/x-a", { tags: ["v9"], ifNoneMatch: "*" }),
    ).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
    await Promise.all(
      Array.from({ length: 16 }, async (_, i) => release(i % 2 === 0 ? first : second, `c${i}`)),
    );
    const [ofFirst, ofSecond] = await Promise.all([
      collect(first.tags("team/notes")),
      collect(second.tags("team/notes")),
    ]);
    expect(ofFirst).toEqual(ofSecond);
    expect(ofFirst.filter((tag) => tag.startsWith("c"))).toHaveLength(16);
    // A killed process leaves the directory whole, and the other goes on.
    const pushing = Array.from({ length: 16 }, async (_, i) => release(first, `k${i}`));
    // Some may fail before the first one ends.
    const ended = Promise.allSettled(pushing);
    await pushing[0];
    await processes[0].kill();
    const outcomes = await ended;
    await release(second, "after");
    const tags = await collect(second.tags("team/notes"));
    expect(tags).toContain("after");
    for (const [i, { status }] of outcomes.entries())
      if (status === "fulfilled") expect(tags).toContain(`k${i}`);
    expect(
      (await collect(use(await openPerRepository(shared)).verify())).filter(
        ({ severity }) => severity === "error",
      ),
    ).toEqual([]);
    await expect(theirs.deleteTag("team/notes", "v0")).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});
