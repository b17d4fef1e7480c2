// Reads a layout with unreadable and read-only parts as an ordinary user: `ordinary-user.ts DIRECTORY`.
import { collect, isRegistryError, type BlobReader, type ImageManifest } from "@ocilayout/oci-types";

import { openLayout } from "../../src/open-layout.ts";

const [directory = ""] = process.argv.slice(2);
const registry = await openLayout(directory, { defaultRepository: "default", durability: "none" });

/** Returns the text, or the code of the error and of its cause. */
async function outcome(call: Promise<BlobReader | { readonly size: number }>): Promise<string> {
  try {
    const result = await call;
    return "text" in result ? await result.text() : `${result.size} bytes`;
  } catch (error) {
    const cause = error instanceof Error ? (error.cause as { code?: string } | undefined)?.code : undefined;
    return isRegistryError(error) ? `${error.code} ${cause ?? "without a cause"}` : String(error);
  }
}

async function layerOf(tag: string): Promise<string> {
  const manifest = (await (await registry.getTag("default", tag)).json()) as ImageManifest;
  return manifest.layers[0]?.digest ?? "";
}

const shut = await layerOf("v1");
const bytes = new TextEncoder().encode("new");
console.log(
  JSON.stringify({
    tags: await collect(registry.tags("default")),
    open: await outcome(registry.getBlob("default", await layerOf("good"))),
    shut: await outcome(registry.getBlob("default", shut)),
    size: await outcome(registry.resolveBlob("default", shut)),
    push: await outcome(
      registry.pushManifest("default", bytes, "application/vnd.example", { tags: ["new"] }),
    ),
    after: await collect(registry.tags("default")),
  }),
);
await registry.close();
