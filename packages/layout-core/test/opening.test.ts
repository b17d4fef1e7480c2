import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { collect, isRegistryError, ociMediaTypes, type Registry } from "@ocilayout/oci-types";
import {
  artifact,
  bytes,
  descriptorOf,
  freshLayout,
  pushArtifact,
  rejection,
  temporaryDirectory,
} from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout, type LayoutOptions } from "../src/index.ts";
import { listTree, snapshot } from "./helpers.ts";

const { digest } = descriptorOf(bytes("hello"));

/** One call of every method that must read the layout. */
const calls: Record<string, (registry: Registry) => Promise<unknown>> = {
  getBlob: (registry) => registry.getBlob("a", digest),
  getManifest: (registry) => registry.getManifest("a", digest),
  getTag: (registry) => registry.getTag("a", "t"),
  resolveTag: (registry) => registry.resolveTag("a", "t"),
  pushBlob: (registry) => registry.pushBlob("a", { digest }, bytes("hello")),
  pushManifest: (registry) => registry.pushManifest("a", bytes("x"), "application/x-thing"),
  tags: (registry) => collect(registry.tags("a")),
  repositories: (registry) => collect(registry.repositories()),
};
const eachCall = Object.entries(calls);

/** Creates a layout with one tagged manifest. */
async function writtenLayout(): Promise<string> {
  const directory = freshLayout();
  const registry = await openLayout(directory);
  await pushArtifact(registry, "a", "m", ["t"]);
  await registry.close();
  return directory;
}

// clause 25
describe("openLayout", () => {
  it("creates nothing, and neither do reads", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    expect(await collect(registry.repositories())).toEqual([]);
    await expect(registry.getBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    await expect(registry.resolveTag("a", "t")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    expect(existsSync(directory)).toBe(false);
  });

  it("creates the layout and its parents at the first write", async () => {
    const directory = join(temporaryDirectory(), "not", "there", "yet");
    await using registry = await openLayout(directory);
    await registry.pushBlob("a", { digest }, bytes("hello"));
    expect(readFileSync(join(directory, "oci-layout"), "utf8")).toBe('{"imageLayoutVersion":"1.0.0"}');
    // An array, never null.
    expect(JSON.parse(readFileSync(join(directory, "index.json"), "utf8"))).toEqual({
      schemaVersion: 2,
      mediaType: ociMediaTypes.imageIndex,
      manifests: [],
    });
  });

  it("exposes the directory's absolute path", async () => {
    await using registry = await openLayout("some/where");
    expect(registry.directory).toBe(join(process.cwd(), "some/where"));
  });

  it.each<[string, (directory: string) => void]>([
    [
      "an empty directory",
      (directory) => {
        mkdirSync(directory);
      },
    ],
    [
      "empty blobs",
      (directory) => {
        mkdirSync(join(directory, "blobs/sha256"), { recursive: true });
      },
    ],
    [
      "empty blobs and oci-layout",
      (directory) => {
        mkdirSync(join(directory, "blobs"), { recursive: true });
        writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
      },
    ],
    [
      "oci-layout alone",
      (directory) => {
        mkdirSync(directory);
        writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
      },
    ],
    [
      "an index without entries and no blobs",
      (directory) => {
        mkdirSync(directory);
        writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
        writeFileSync(join(directory, "index.json"), '{"schemaVersion":2,"manifests":[],"x":1}');
      },
    ],
  ])(
    "treats %s as an unfinished layout, which reads as empty and is completed by the next write",
    async (_name, prepare) => {
      const directory = freshLayout();
      prepare(directory);
      await using registry = await openLayout(directory);
      const before = snapshot(directory);
      expect(await collect(registry.repositories())).toEqual([]);
      expect(snapshot(directory)).toEqual(before);
      await pushArtifact(registry, "a", "m", ["t"]);
      expect(listTree(directory)).toEqual(expect.arrayContaining(["blobs/", "index.json", "oci-layout"]));
      expect(await collect(registry.tags("a"))).toEqual(["t"]);
      if (before["index.json"] !== undefined)
        expect(readFileSync(join(directory, "index.json"), "utf8")).toContain('"x":1');
    },
  );

  it("deletes what was pushed to a layout that the push completed", async () => {
    const directory = freshLayout();
    mkdirSync(directory);
    writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    writeFileSync(join(directory, "index.json"), '{"schemaVersion":2,"manifests":[]}');
    // The layout trusts the date of a file that is old enough, and does not read the index again.
    await sleep(100);
    await using registry = await openLayout(directory, { durability: "none" });
    const { digest } = await pushArtifact(registry, "a", "m", ["t", "u"]);
    await registry.deleteTag("a", "t");
    expect(await collect(registry.tags("a"))).toEqual(["u"]);
    await registry.deleteManifest("a", digest);
    expect(JSON.parse(readFileSync(join(directory, "index.json"), "utf8"))).toMatchObject({ manifests: [] });
  });

  it.each(["oci-layout", "blobs"])("does not delete from a layout whose %s was removed", async (part) => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { durability: "none" });
    const { digest } = await pushArtifact(registry, "a", "m", ["t"]);
    await sleep(100);
    expect(await collect(registry.tags("a"))).toEqual(["t"]);
    rmSync(join(directory, part), { recursive: true });
    const before = snapshot(directory);
    await expect(registry.deleteTag("a", "t")).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    await expect(registry.deleteManifest("a", digest)).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    expect(snapshot(directory)).toEqual(before);
  });

  const damages: [string, (directory: string) => void][] = [
    [
      "blobs are missing beside entries",
      (d) => {
        rmSync(join(d, "blobs"), { recursive: true });
      },
    ],
    [
      "oci-layout is missing",
      (d) => {
        rmSync(join(d, "oci-layout"));
      },
    ],
    [
      "index.json is missing beside blobs",
      (d) => {
        rmSync(join(d, "index.json"));
      },
    ],
    [
      "oci-layout is empty",
      (d) => {
        truncateSync(join(d, "oci-layout"));
      },
    ],
    [
      "oci-layout is an array",
      (d) => {
        writeFileSync(join(d, "oci-layout"), "[]");
      },
    ],
    [
      "oci-layout has its member in another case",
      (d) => {
        writeFileSync(join(d, "oci-layout"), '{"imageLayoutVERSION":"1.0.0"}');
      },
    ],
    [
      "index.json is empty",
      (d) => {
        truncateSync(join(d, "index.json"));
      },
    ],
    [
      "index.json is cut off",
      (d) => {
        truncateSync(join(d, "index.json"), 60);
      },
    ],
    [
      "index.json is an array",
      (d) => {
        writeFileSync(join(d, "index.json"), "[]");
      },
    ],
    [
      "index.json is null",
      (d) => {
        writeFileSync(join(d, "index.json"), "null");
      },
    ],
    [
      "index.json has two members called manifests",
      (d) => {
        writeFileSync(join(d, "index.json"), '{"manifests":[],"manifests":[]}');
      },
    ],
    [
      "index.json's manifests is an object",
      (d) => {
        writeFileSync(join(d, "index.json"), '{"manifests":{}}');
      },
    ],
    [
      "index.json has an entry that is not JSON",
      (d) => {
        writeFileSync(join(d, "index.json"), '{"manifests":[{"a":tru}]}');
      },
    ],
    [
      "index.json is not UTF-8",
      (d) => {
        writeFileSync(join(d, "index.json"), new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]));
      },
    ],
    [
      "index.json is an image manifest",
      (d) => {
        writeFileSync(join(d, "index.json"), artifact("m"));
      },
    ],
    [
      "index.json is a directory",
      (d) => {
        rmSync(join(d, "index.json"));
        mkdirSync(join(d, "index.json"));
      },
    ],
    [
      "oci-layout is a directory",
      (d) => {
        rmSync(join(d, "oci-layout"));
        mkdirSync(join(d, "oci-layout"));
      },
    ],
  ];
  it.each(damages)(
    "rejects every call with LAYOUT_INVALID and writes nothing if %s",
    async (_name, damage) => {
      const directory = await writtenLayout();
      damage(directory);
      const before = snapshot(directory);
      await using registry = await openLayout(directory);
      const errors = await Promise.all(eachCall.map(async ([, call]) => rejection(call(registry))));
      for (const error of errors) {
        expect(error).toMatchObject({ code: "LAYOUT_INVALID" });
        expect((error as Error).message).not.toContain(directory);
      }
      expect(snapshot(directory)).toEqual(before);
    },
  );

  it.each(["[]", "null", "7", '"text"'])(
    "reports that an index.json with %s is not an object",
    async (text) => {
      const directory = await writtenLayout();
      writeFileSync(join(directory, "index.json"), text);
      await using registry = await openLayout(directory);
      await expect(collect(registry.tags("a"))).rejects.toThrow(
        "cannot read index.json: the text is not a JSON object",
      );
    },
  );

  it("rejects another layout version with LAYOUT_INVALID and names the version", async () => {
    const directory = await writtenLayout();
    writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"9.9.9"}');
    await using registry = await openLayout(directory);
    await expect(collect(registry.tags("a"))).rejects.toThrow(/9\.9\.9/);
  });

  it("rejects every call if its directory is a file", async () => {
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    await using registry = await openLayout(file);
    for (const [, call] of eachCall) {
      const error = await rejection(call(registry));
      expect(isRegistryError(error, "LAYOUT_INVALID", "STORAGE_FAILED")).toBe(true);
    }
    expect(readFileSync(file, "utf8")).toBe("");
  });

  it("treats a `manifests` that is null or missing as empty", async () => {
    for (const index of ['{"schemaVersion":2,"manifests":null}', "{}", '{"schemaVersion":2}']) {
      const directory = await writtenLayout();
      writeFileSync(join(directory, "index.json"), index);
      await using registry = await openLayout(directory);
      expect(await collect(registry.repositories())).toEqual([]);
      await pushArtifact(registry, "a", "m", ["t"]);
      expect(await collect(registry.tags("a"))).toEqual(["t"]);
    }
  });

  // section 3
  it("finds nothing after its directory was removed, and nothing old comes back", async () => {
    const directory = await writtenLayout();
    await using registry = await openLayout(directory);
    expect(await collect(registry.tags("a"))).toEqual(["t"]);
    rmSync(directory, { recursive: true });
    await expect(collect(registry.tags("a"))).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
    await pushArtifact(registry, "b", "n", ["new"]);
    expect(await collect(registry.repositories())).toEqual(["b"]);
  });
});

// clause 27
describe("file modes", () => {
  // clause 27
  it.skipIf(process.platform === "win32")(
    "follow the umask, and an existing index.json keeps its own",
    async () => {
      const umask = process.umask(0o027);
      try {
        const directory = await writtenLayout();
        const mode = (path: string): number => statSync(join(directory, path)).mode & 0o777;
        expect(mode("index.json")).toBe(0o640);
        expect(mode("oci-layout")).toBe(0o640);
        expect(mode("blobs/sha256")).toBe(0o750);
        const [blob = ""] = listTree(join(directory, "blobs/sha256"));
        expect(mode(`blobs/sha256/${blob}`)).toBe(0o640);
        chmodSync(join(directory, "index.json"), 0o604);
        await using registry = await openLayout(directory);
        await pushArtifact(registry, "a", "n", ["u"]);
        expect(mode("index.json")).toBe(0o604);
      } finally {
        process.umask(umask);
      }
    },
  );
});

describe("the options of openLayout", () => {
  it.each<[LayoutOptions | object, typeof TypeError]>([
    [{ refNameStyle: "short" }, TypeError],
    [{ durability: "sometimes" }, TypeError],
    [{ nameEntry: "rule" }, TypeError],
    [{ readOnly: "yes" }, TypeError],
    [{ lockTimeoutMs: "1" }, TypeError],
    [{ lockTimeoutMs: -1 }, RangeError],
    [{ uploadExpiryMs: NaN }, RangeError],
    [{ maxManifestBytes: 4 * 1024 * 1024 - 1 }, RangeError],
    [{ defaultRepository: 1 }, TypeError],
  ])("are rejected with a TypeError or RangeError if they are %j", async (options, kind) => {
    await expect(openLayout(freshLayout(), options)).rejects.toThrow(kind);
  });

  it("must name a valid default repository and a directory", async () => {
    await expect(openLayout(freshLayout(), { defaultRepository: "" })).rejects.toMatchObject({
      code: "NAME_INVALID",
    });
    for (const directory of ["", "a\0b", 7])
      await expect(openLayout(directory as string)).rejects.toThrow(TypeError);
  });

  it("make the registry read only with readOnly: reads succeed, writes are DENIED", async () => {
    const directory = await writtenLayout();
    const before = snapshot(directory);
    await using registry = await openLayout(directory, { readOnly: true });
    await expect(registry.pushBlob("a", { digest }, bytes("hello"))).rejects.toMatchObject({
      code: "DENIED",
      detail: { reason: "READ_ONLY" },
    });
    await expect(registry.pushManifest("a", bytes("x"), "application/x-thing")).rejects.toMatchObject({
      code: "DENIED",
      detail: { reason: "READ_ONLY" },
    });
    expect(await collect(registry.tags("a"))).toEqual(["t"]);
    expect(snapshot(directory)).toEqual(before);
  });

  it("do not matter after close, which is idempotent: every call fails with CLOSED", async () => {
    const registry = await openLayout(await writtenLayout());
    await registry.close();
    await registry.close();
    for (const [, call] of eachCall) await expect(call(registry)).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("include a signal: if it is already aborted, the call rejects with its reason", async () => {
    await using registry = await openLayout(await writtenLayout());
    const reason = new Error("no");
    const signal = AbortSignal.abort(reason);
    const options = { signal };
    for (const calling of [
      registry.getBlob("a", digest, options),
      registry.getManifest("a", digest, options),
      registry.getTag("a", "t", options),
      registry.resolveTag("a", "t", options),
      registry.pushBlob("a", { digest }, bytes("hello"), options),
      registry.pushManifest("a", bytes("x"), "application/x-thing", options),
      collect(registry.tags("a", options)),
      collect(registry.repositories(options)),
    ]) {
      expect(await rejection(calling)).toBe(reason);
    }
  });
});

describe("links in a layout", () => {
  // clause 30
  it("are never written through", async () => {
    const directory = await writtenLayout();
    const victim = join(temporaryDirectory(), "victim");
    writeFileSync(victim, "untouched");
    for (const name of ["index.json.tmp", ".index.json.tmp"]) symlinkSync(victim, join(directory, name));
    await using registry = await openLayout(directory);
    await pushArtifact(registry, "a", "n", ["u"]);
    expect(readFileSync(victim, "utf8")).toBe("untouched");
    expect(lstatSync(join(directory, "index.json")).isSymbolicLink()).toBe(false);
  });

  // clause 30
  it.each(["index.json", "oci-layout", "blobs"])(
    "are followed if they replace blobs, and rejected otherwise: %s",
    async (name) => {
      const directory = await writtenLayout();
      const elsewhere = join(temporaryDirectory(), name);
      renameSync(join(directory, name), elsewhere);
      symlinkSync(elsewhere, join(directory, name));
      const before = snapshot(dirname(elsewhere));
      await using registry = await openLayout(directory);
      if (name === "blobs") {
        expect(await (await registry.getTag("a", "t")).json()).toMatchObject({ schemaVersion: 2 });
        await pushArtifact(registry, "a", "n", ["u"]);
        expect(await collect(registry.tags("a"))).toEqual(["t", "u"]);
        return;
      }
      for (const calling of [
        registry.resolveTag("a", "t"),
        pushArtifact(registry, "a", "n", ["u"]),
        registry.gc({ graceMs: 0 }),
        registry.deleteTag("a", "t"),
      ]) {
        await expect(calling).rejects.toMatchObject({
          code: "LAYOUT_INVALID",
          message: expect.stringContaining(name) as unknown,
        });
      }
      expect(await collect(registry.verify())).toMatchObject([{ kind: "damaged-layout", severity: "error" }]);
      expect(snapshot(dirname(elsewhere))).toEqual(before);
    },
  );
});
