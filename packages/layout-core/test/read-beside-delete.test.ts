import { rmSync, symlinkSync } from "node:fs";

import { ociMediaTypes, type Descriptor } from "@ocilayout/oci-types";
import { blobPath, freshLayout, imageIndex, pushArtifact } from "@ocilayout/testing";
import { expect, it } from "vitest";

import { nodeDisk } from "../src/disk/disk.ts";
import { openLayout, type LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";

/** Returns a promise and the function that resolves it. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const passed: Promise<void> = new Promise((resolve) => (open = resolve));
  return { passed, open };
}

async function pushIndex(
  registry: LayoutRegistry,
  name: string,
): Promise<{ child: Descriptor; index: Descriptor }> {
  const child = await pushArtifact(registry, "a", name);
  const index = await registry.pushManifest("a", imageIndex(child), ociMediaTypes.imageIndex, {
    tags: [name],
  });
  return { child, index };
}

// clause 17
it("a manifest is found although its index is deleted during the search", async () => {
  const directory = freshLayout();
  const filled = await openLayout(directory);
  const { child, index } = await pushIndex(filled, "one");
  const damaged = await pushIndex(filled, "two");
  await filled.close();
  // Every search tries to read an index that is a dangling link.
  const path = blobPath(directory, damaged.index.digest);
  rmSync(path);
  symlinkSync("nowhere", path);

  const [searching, deleted] = [gate(), gate()];
  let search: Promise<Descriptor> | undefined;
  await using registry = openLayoutOn(
    {
      ...nodeDisk,
      async rename(from, to) {
        search = registry.resolveManifest("a", child.digest);
        await searching.passed;
        await nodeDisk.rename(from, to);
      },
      async realpath(link) {
        if (search !== undefined) {
          searching.open();
          await deleted.passed;
        }
        return nodeDisk.realpath(link);
      },
    },
    directory,
  );
  await registry.deleteManifest("a", index.digest);
  deleted.open();
  expect(await search).toEqual(child);
});
