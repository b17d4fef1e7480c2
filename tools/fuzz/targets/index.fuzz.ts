import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collect, isRegistryError } from "@ocilayout/oci-types";
import fc from "fast-check";
import { expect, it } from "vitest";

import { nodeDisk, type Disk } from "../../../packages/layout-core/src/disk/disk.ts";
import { openLayoutOn } from "../../../packages/layout-core/src/open-layout.ts";
import { indexDocument } from "./documents.ts";
import { jsonText, mutated } from "./json.ts";
import { outcome } from "./outcome.ts";
import { fuzz } from "./run.ts";

/** Finds the entries of an index as text, with a parser that shares no code with ours. */
function entryTexts(index: string): unknown[] {
  const { manifests } = JSON.parse(index, reviveNumber) as { manifests?: unknown[] | null };
  return manifests ?? [];
}

/** Keeps the source text of numbers, if the platform provides it. */
function reviveNumber(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === "number" && context?.source !== undefined ? `number ${context.source}` : value;
}

/** Dates the files back. The registry retries a fresh file that it cannot parse, because it may be incomplete. */
const disk: Disk = {
  ...nodeDisk,
  fstat: async (file) => Object.assign(await nodeDisk.fstat(file), { ctimeMs: 0n }),
};

it("with any index.json every call returns or fails with a code, and a push keeps foreign entries", async () => {
  const root = mkdtempSync(join(tmpdir(), "ocilayout-fuzz-"));
  let number = 0;
  const text = fc.oneof(
    indexDocument,
    indexDocument,
    mutated(indexDocument),
    jsonText.map((it) => `{"manifests":[${it}]}`),
    jsonText,
  );
  await fuzz("index.json on disk", 1_500, text, async (written) => {
    const directory = join(root, String((number += 1)));
    mkdirSync(join(directory, "blobs", "sha256"), { recursive: true });
    writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    const index = Buffer.from(written).toString();
    writeFileSync(join(directory, "index.json"), index);
    const registry = openLayoutOn(disk, directory, { durability: "none", defaultRepository: "default" });
    const secrets = [root];
    for (const call of [
      () => collect(registry.repositories()),
      () => collect(registry.tags("a")),
      () => collect(registry.manifests("default")),
      () => collect(registry.verify()),
      () => registry.resolveTag("a", "v1"),
      () => registry.getTag("default", "latest"),
      () => collect(registry.referrers("a", `sha256:${"0".repeat(64)}`)),
    ]) {
      await outcome(call, secrets);
    }
    const before = entryTextsOrNone(index);
    const pushed = await outcome(
      () => registry.pushManifest("pushed", new Uint8Array([1]), "application/x-thing", { tags: ["t"] }),
      secrets,
    );
    const after = readFileSync(join(directory, "index.json"), "utf8");
    if (isRegistryError(pushed)) expect(after).toBe(index);
    else expect(entryTexts(after).slice(0, -1)).toEqual(before);
    await registry.close();
    rmSync(directory, { recursive: true });
  });
  rmSync(root, { recursive: true });
});

function entryTextsOrNone(index: string): unknown[] | undefined {
  try {
    return entryTexts(index);
  } catch {
    return undefined;
  }
}
