// Copies the tag v1 between two layouts without links: `copy-layout.ts FROM TO`. Prints `begin`, `push DIGEST` before a blob
// is pushed, `copied DIGEST` when that is reported as progress, and `end`.
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { openLayout } from "@ocilayout/layout-core";
import { createBlobReader } from "@ocilayout/oci-backend";
import { mountFrom, type Registry } from "@ocilayout/oci-types";

import { copy } from "../../../src/index.ts";

const [from = "", to = ""] = process.argv.slice(2);

/** Prints a line at once, so that it is not lost when the process is killed. */
function print(line: string): void {
  writeSync(1, `${line}\n`);
}

/** Yields chunks slowly, so that the process is often killed in the middle of a blob. */
async function* slowly(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    await sleep(1);
    yield chunk;
  }
}

const layout = await openLayout(from);
const source: Registry = {
  ...layout,
  getBlob: async (repo, digest, options) => {
    const reader = await layout.getBlob(repo, digest, { ...options, chunks: "owned", chunkSize: 64 * 1024 });
    return createBlobReader(reader.descriptor, slowly(reader), { verify: false });
  },
};
const target = await openLayout(to, { durability: "none" });
const registry = {
  ...target,
  [mountFrom]: undefined,
  pushBlob: async (...[repo, descriptor, content, options]: Parameters<Registry["pushBlob"]>) => {
    print(`push ${descriptor.digest}`);
    return target.pushBlob(repo, descriptor, content, options);
  },
};

print("begin");
await copy(
  { registry: source, repository: "a", reference: "v1" },
  { registry, repository: "b", reference: "v1" },
  {
    onProgress: ({ descriptor, outcome }) => {
      if (outcome === "copied") print(`copied ${descriptor.digest}`);
    },
  },
);
print("end");
await target.close();
await layout.close();
