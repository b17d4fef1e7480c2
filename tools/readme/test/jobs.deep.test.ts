import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it, vi } from "vitest";

const readme = readFileSync(join(import.meta.dirname, "../../../README.md"), "utf8");
const generated = join(import.meta.dirname, "generated");

const imports = {
  "layout-archive": "openArchive, writeArchive",
  "layout-core": "openLayout",
  "layout-per-repo": "openPerRepository",
  "layout-testkit": "runConformance",
  "layout-testkit/memory": "createMemoryRegistry",
  "oci-backend": "defineBackend",
  "oci-client": "openRemote",
  "oci-image":
    "annotate, appendLayer, buildIndex, copy, readImage, readManifest, setConfig, sync, tag, walkManifest",
  "oci-server/node": "serve",
  "oci-types": "collect, computeDigest, ociMediaTypes",
  ociref: "parseReference",
};

/** Defines the names that the README leaves to the reader, and pushes an image that `manifest`, an image index, contains. */
const before = `
const encode = (value) => new TextEncoder().encode(JSON.stringify(value));
const mediaType = ociMediaTypes.imageIndex;
const platform = { os: "linux", architecture: "arm64" };
const bytes = encode({ ...platform, rootfs: { type: "layers", diff_ids: [] } });
const described = { mediaType: ociMediaTypes.imageConfig, ...(await computeDigest(bytes)) };
const preparing = await openLayout("images");
await preparing.pushBlob("app", described, bytes);
const image = { schemaVersion: 2, mediaType: ociMediaTypes.imageManifest, config: described, layers: [] };
const child = await preparing.pushManifest("app", encode(image), image.mediaType, { tags: ["arm64"] });
await preparing.close();
const manifest = encode({ schemaVersion: 2, mediaType, manifests: [{ ...child, platform }] });
const content = encode("a layer");
const descriptor = { mediaType: ociMediaTypes.layer, ...(await computeDigest(content)) };
const layer = { descriptor, diffId: descriptor.digest, content };
const blobs = new Map();
const createEmpty = createMemoryRegistry;
`;

it("every line in the table of jobs runs", async () => {
  const rows = readme.slice(readme.indexOf("## Common jobs"), readme.indexOf("## The packages"));
  const lines = Array.from(rows.matchAll(/\| `([a-z-]+)` +\| `(.*)` +\|$/gm), ([, , line = ""]) => line);
  expect(lines.length).toBeGreaterThanOrEqual(15);
  const script = join(generated, "jobs.mjs");
  const code = [
    ...Object.entries(imports).map(([name, names]) => `import { ${names} } from "@ocilayout/${name}";`),
    before,
    ...lines.map((line) => `${line};`),
    "if (!report.ok) throw new Error(String(report));",
    "for (const opened of [remote, server, layout, registry, archive]) await opened.close();",
  ];
  mkdirSync(generated, { recursive: true });
  // Any free port, and only a few cases of the kit.
  const changed = code
    .join("\n")
    .replace("port: 5000", "port: 0")
    .replace('"127.0.0.1:5000"', "new URL(server.url).host")
    .replace("runConformance({", 'runConformance({ only: "RANGE",');
  writeFileSync(script, changed);
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const directory = mkdtempSync(join(tmpdir(), "ocilayout-jobs-"));
  const started = process.cwd();
  try {
    process.chdir(directory);
    await import(script);
  } finally {
    process.chdir(started);
    log.mockRestore();
    rmSync(directory, { recursive: true });
    rmSync(script);
  }
});
