import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import type { BlobWriter, RegistryWriter } from "@ocilayout/oci-types";
import { bytes, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { appendLayer } from "../../src/change/edits.ts";
import { createLayer } from "../../src/create-layer/create-layer.ts";
import type { LayerFile } from "../../src/create-layer/layer-file.ts";
import { pushLayer } from "../../src/create-layer/push-layer.ts";
import { readImage } from "../../src/reading/read-image.ts";
import { openFresh, placeOf, pushImage, repository } from "../change/images.ts";

const files: readonly LayerFile[] = [
  { path: "a", content: bytes("a") },
  { path: "b", content: () => crypto.getRandomValues(new Uint8Array(1000)), size: 1000 },
];

/** A registry whose only upload records its calls. */
function recording(log: string[], calls: Partial<BlobWriter> = {}): Pick<RegistryWriter, "pushBlobChunked"> {
  const upload = {
    write: async (chunk: Uint8Array) => void log.push(`write ${chunk.length > 0 ? "bytes" : "nothing"}`),
    commit: async () => void log.push("commit"),
    cancel: async () => void log.push("cancel"),
    ...calls,
  } as unknown as BlobWriter;
  return { pushBlobChunked: async () => (log.push("open"), upload) };
}

describe("pushLayer", () => {
  it("pushes the layer that createLayer makes", async () => {
    const registry = await openFresh();
    const same = files.slice(0, 1);
    const { content, ...described } = await createLayer(same, { history: { comment: "c" } });
    const pushed = await pushLayer({ registry, repository }, same, { history: { comment: "c" } });
    expect(pushed).toEqual(described);
    const blob = await registry.getBlob(repository, pushed.descriptor.digest);
    expect(await blob.bytes()).toEqual(content);
  });

  it("pushes a layer that is appended without its content", async () => {
    const registry = await openFresh();
    await pushImage(registry, "base", { tags: ["v1"] });
    const layer = await pushLayer({ registry, repository }, files);
    await appendLayer(placeOf(registry, "v1"), layer);
    expect((await readImage(placeOf(registry, "v1"))).manifest.layers.at(-1)).toEqual(layer.descriptor);
  });

  it("works with any registry", async () => {
    const registry = createMemoryRegistry();
    const { descriptor } = await pushLayer({ registry, repository }, files, { compression: "none" });
    expect((await registry.resolveBlob(repository, descriptor.digest)).size).toBe(descriptor.size);
  });

  it("cancels the upload if a content fails", async () => {
    const log: string[] = [];
    const failure = new Error("broken");
    const broken: LayerFile = {
      path: "f",
      content: () => {
        throw failure;
      },
    };
    expect(await rejection(pushLayer({ registry: recording(log), repository }, [broken]))).toBe(failure);
    expect(log).toEqual(["open", "cancel"]);
  });

  it("cancels the session of a writer that its signal ended", async () => {
    const registry = createMemoryRegistry();
    const controller = new AbortController();
    let session = "";
    const watched: Pick<RegistryWriter, "pushBlobChunked" | "cancelUpload"> = {
      cancelUpload: async (...args) => registry.cancelUpload(...args),
      pushBlobChunked: async (...args) => {
        const upload = await registry.pushBlobChunked(...args);
        session = upload.id;
        controller.abort(new Error("interrupted"));
        return upload;
      },
    };
    const { signal } = controller;
    const pushed = pushLayer({ registry: watched, repository }, files, { signal });
    expect(await rejection(pushed)).toMatchObject({ message: "interrupted" });
    await expect(registry.resolveUpload(repository, session)).rejects.toMatchObject({
      code: "BLOB_UPLOAD_UNKNOWN",
    });
  });

  it("cancels the upload and ends the contents if a write fails", async () => {
    const log: string[] = [];
    const failure = new Error("full");
    const registry = recording(log, {
      write: async () => {
        throw failure;
      },
      cancel: async () => {
        log.push("cancel");
        throw new Error("also");
      },
    });
    const lazy: ReadableStream<Uint8Array> = new ReadableStream({ cancel: () => void log.push("end") });
    const large: LayerFile = { path: "a", size: 200_000, content: () => [new Uint8Array(200_000)] };
    expect(
      await rejection(
        pushLayer({ registry, repository }, [large, { path: "b", size: 1, content: lazy }], {
          compression: "none",
        }),
      ),
    ).toBe(failure);
    expect(log).toEqual(["open", "cancel", "end"]);
  });

  it("opens no upload for an invalid file", async () => {
    const log: string[] = [];
    const pushing = pushLayer({ registry: recording(log), repository }, [{ path: ".." }]);
    expect(await rejection(pushing)).toMatchObject({ code: "NAME_INVALID" });
    expect(log).toEqual([]);
  });

  it("writes one chunk at a time", async () => {
    let [writing, most] = [0, 0];
    const registry = recording([], {
      write: async () => {
        most = Math.max(most, (writing += 1));
        await new Promise((resolve) => setTimeout(resolve, 1));
        writing -= 1;
      },
    });
    await pushLayer({ registry, repository }, [
      { path: "f", content: crypto.getRandomValues(new Uint8Array(60_000)) },
    ]);
    expect(most).toBe(1);
  });

  it("rejects an invalid repository", async () => {
    const pushing = pushLayer({ registry: recording([]), repository: "A" }, []);
    expect(await rejection(pushing)).toMatchObject({ code: "NAME_INVALID" });
  });
});
