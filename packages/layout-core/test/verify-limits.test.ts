import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { collect, emptyDescriptor } from "@ocilayout/oci-types";
import { artifact, bytes, descriptorOf, freshLayout, pushArtifact } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { openLayout } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";

const reason = new Error("no longer wanted");

// clause 2
describe("the signal of verify ends it even if there is nothing to report", () => {
  it("between two manifests", async () => {
    const directory = freshLayout();
    const writer = await openLayout(directory, { durability: "none" });
    for (let at = 0; at < 20; at += 1) await pushArtifact(writer, "a", `m${at}`, [`v${at}`]);
    await writer.close();
    const controller = new AbortController();
    let opened = 0;
    const open: Disk["open"] = (path, flags) => {
      opened += 1;
      if (opened === 5) controller.abort(reason);
      return nodeDisk.open(path, flags);
    };
    await using registry = openLayoutOn({ ...nodeDisk, open }, directory);
    await expect(collect(registry.verify({ signal: controller.signal }))).rejects.toBe(reason);
    expect(opened).toBeLessThan(10);
  });

  it("within a large blob", async () => {
    const directory = freshLayout();
    const writer = await openLayout(directory, { durability: "none" });
    const large = new Uint8Array(8 * 1024 * 1024);
    await writer.pushBlob("a", emptyDescriptor, bytes("{}"));
    await writer.pushBlob("a", descriptorOf(large), large);
    await writer.pushManifest(
      "a",
      artifact("one", { layers: [descriptorOf(large)] }),
      "application/vnd.oci.image.manifest.v1+json",
      { tags: ["v1"] },
    );
    await writer.close();
    const controller = new AbortController();
    let largeReads = 0;
    const read: Disk["read"] = async (file, into, position) => {
      if (position > 0 && (largeReads += 1) === 1) controller.abort(reason);
      return nodeDisk.read(file, into, position);
    };
    await using registry = openLayoutOn({ ...nodeDisk, read }, directory);
    await expect(collect(registry.verify({ signal: controller.signal }))).rejects.toBe(reason);
    expect(largeReads).toBe(1);
  });
});

// clause 31
describe("a directory that cannot be listed", () => {
  it.each([
    ["blobs", "unreadable-blob"],
    ["blobs/sha256", "unreadable-blob"],
    ["", "unreadable-layout"],
  ])("is a finding: %j", async (name, kind) => {
    const directory = freshLayout();
    const writer = await openLayout(directory, { durability: "none" });
    await pushArtifact(writer, "a", "one", ["v1"]);
    await writer.close();
    const list: Disk["list"] = async (path) => {
      if (path === join(directory, name))
        throw Object.assign(new Error(`EACCES: permission denied, scandir '${path}'`), {
          code: "EACCES",
          syscall: "scandir",
        });
      return nodeDisk.list(path);
    };
    await using registry = openLayoutOn({ ...nodeDisk, list }, directory);
    const findings = await collect(registry.verify());
    expect(findings).toMatchObject([
      {
        severity: "error",
        kind,
        message: expect.stringMatching(/^cannot list .*: permission denied$/) as string,
      },
    ]);
    expect(JSON.stringify(findings)).not.toContain(directory);
    // If the index is empty, `verify` checks whether there are blobs.
    const index = { schemaVersion: 2, manifests: [] };
    writeFileSync(join(directory, "index.json"), JSON.stringify(index));
    expect((await collect(registry.verify())).map((finding) => finding.kind)).toContain(kind);
  });
});

it("verify calls a blob unreachable only if gc would remove it", async () => {
  const directory = freshLayout();
  await using registry = await openLayout(directory, { durability: "none" });
  await pushArtifact(registry, "a", "one", ["v1"]);
  mkdirSync(join(directory, "blobs/sha384"));
  writeFileSync(join(directory, "blobs/sha384", "a".repeat(96)), "x");
  expect(await collect(registry.verify())).toMatchObject([
    { kind: "stray-file", path: `blobs/sha384/${"a".repeat(96)}` },
  ]);
  expect(await registry.gc({ graceMs: 0 })).toMatchObject({ removed: [] });
});
