import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Descriptor, RegistryReader } from "@ocilayout/oci-types";
import { createBlobReader } from "@ocilayout/oci-backend";
import { computeDigest, octetStream } from "@ocilayout/oci-types";
import { temporaryDirectory } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import type { TitledLayer } from "../src/artifact/pull-files.ts";
import { pullFiles } from "../src/artifact/pull-files.ts";
import { everything } from "./command.ts";

let directory: string;
let out: string;
beforeEach(() => {
  directory = temporaryDirectory();
  out = join(directory, "out");
});

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Returns layers with these titles, each with its title as content. */
async function layers(...titles: readonly string[]): Promise<TitledLayer[]> {
  return Promise.all(
    titles.map(async (title) => ({
      title,
      descriptor: { mediaType: octetStream, ...(await computeDigest(encode(title))) },
    })),
  );
}

/** A registry that does not verify, and returns the blobs in `contents` instead of the requested ones. */
function registryOf(
  all: readonly TitledLayer[],
  contents: Readonly<Record<string, string>> = {},
): Pick<RegistryReader, "getBlob"> {
  return {
    getBlob: async (_repo, digest) => {
      const title = all.find(({ descriptor }) => descriptor.digest === digest)?.title ?? "";
      const content = encode(contents[title] ?? title);
      const descriptor: Descriptor = {
        mediaType: octetStream,
        digest: digest as Descriptor["digest"],
        size: content.length,
      };
      return createBlobReader(descriptor, content, { verify: false });
    },
  };
}

describe("pulling", () => {
  it("verifies content of any registry before the first file appears", async () => {
    const all = await layers("a", "b");
    for (const wrong of ["x", "", "bb"]) {
      await expect(pullFiles(registryOf(all, { b: wrong }), "app", all, out)).rejects.toMatchObject({
        code: "CONTENT_CORRUPT",
      });
      expect(existsSync(out)).toBe(false);
    }
  });

  it("leaves nothing behind if it is aborted", async () => {
    const all = await layers("a", "b");
    const controller = new AbortController();
    const onFile = ({ title }: TitledLayer): void => {
      if (title === "b") controller.abort(new Error("enough"));
    };
    await expect(
      pullFiles(registryOf(all), "app", all, out, { signal: controller.signal, onFile }),
    ).rejects.toThrow("enough");
    expect(existsSync(out)).toBe(false);
    mkdirSync(out);
    const options = { signal: AbortSignal.abort(new Error("before")) };
    await expect(pullFiles(registryOf(all), "app", all, out, options)).rejects.toThrow("before");
    expect(readdirSync(out)).toEqual([]);
  });

  it("replaces no file that appeared in the meantime", async () => {
    const all = await layers("a");
    const onFile = (): void => {
      writeFileSync(join(out, "a"), "mine");
    };
    await expect(pullFiles(registryOf(all), "app", all, out, { onFile })).rejects.toMatchObject({
      code: "DENIED",
    });
    expect(readdirSync(out)).toEqual(["a"]);
    expect(readFileSync(join(out, "a"), "utf8")).toBe("mine");
  });

  it("follows no link that appeared in the meantime", async () => {
    const all = await layers("sub/a");
    mkdirSync(join(directory, "outside"));
    const onFile = (): void => {
      symlinkSync(join(directory, "outside"), join(out, "sub"));
    };
    await expect(pullFiles(registryOf(all), "app", all, out, { onFile, force: true })).rejects.toMatchObject({
      code: "NAME_INVALID",
    });
    expect(everything(join(directory, "outside"))).toEqual({});
  });

  it("never exposes a half-written file", async () => {
    const all = await layers("a", "b", "c");
    const seen: string[][] = [];
    const onFile = (): void => {
      seen.push(readdirSync(out).filter((name) => !name.startsWith(".ocilayout-pull-")));
    };
    await pullFiles(registryOf(all), "app", all, out, { onFile });
    expect(seen).toEqual([[], [], []]);
    expect(readdirSync(out)).toEqual(["a", "b", "c"]);
  });
});
