import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { bytes, freshLayout, temporaryDirectory } from "@ocilayout/testing";
import { expect, it } from "vitest";

import { openLayout } from "../src/index.ts";

// clause 30
it("the data of a session that is a hard link to another file is neither written nor removed", async () => {
  const outside = join(temporaryDirectory(), "precious");
  writeFileSync(outside, "precious");
  const directory = freshLayout();
  await using registry = await openLayout(directory, { durability: "none" });
  const writer = await registry.pushBlobChunked("a");
  await writer.close();
  const data = join(directory, "_uploads", writer.id, "data");
  rmSync(data);
  linkSync(outside, data);
  const calls = [
    () => registry.pushBlobChunkedResume("a", writer.id),
    () => registry.resolveUpload("a", writer.id),
    () => registry.cancelUpload("a", writer.id),
  ];
  for (const call of calls)
    await expect(call()).rejects.toMatchObject({
      code: "LAYOUT_INVALID",
      message: expect.stringContaining("hard link") as string,
    });
  expect(await collect(registry.verify())).toMatchObject([
    { kind: "stray-file", path: `_uploads/${writer.id}` },
  ]);
  await registry.gc({ graceMs: 0 });
  expect(readFileSync(data)).toEqual(Buffer.from(bytes("precious")));
});
