import { createWriteStream } from "node:fs";
import { link, mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

/**
 * Writes a new file, which appears when it is complete.
 *
 * @throws `RegistryError` `DENIED` if the path exists. The error of `content`.
 */
export async function writeWhole(
  path: string,
  content: AsyncIterable<Uint8Array>,
  mode: number,
): Promise<void> {
  const parent = dirname(path);
  await mkdir(parent, { recursive: true });
  const stage = await mkdtemp(join(parent, ".ocilayout-"));
  try {
    const file = join(stage, "file");
    await pipeline(
      Readable.from(content, { objectMode: false }),
      createWriteStream(file, { flags: "wx", mode }),
    );
    await link(file, path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      throw new RegistryError("DENIED", `cannot write ${excerpt(path)}: it exists; choose another --output`);
    });
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}
