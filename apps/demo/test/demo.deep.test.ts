import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { guide, packageType } from "../src/demo/guide.ts";
import { everything, jsonLines, ocilayout, sha256, Sink } from "./command.ts";

const packages = join(import.meta.dirname, "../../../packages");
let directory: string;
let layout: string;
let shown: string[];

/** Runs the demo and returns its lines. */
async function show(into: string): Promise<string[]> {
  const [stdout, stderr] = [new Sink(), new Sink()];
  await guide(packages, into, { stdout, stderr });
  expect(stderr.bytes.toString()).toBe("");
  return stdout.bytes.toString().split("\n").slice(0, -1);
}

/** Returns the public packages, as `name:version`. */
function published(): string[] {
  return readdirSync(packages)
    .map(
      (name) =>
        JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")) as {
          name: string;
          version: string;
          private?: boolean;
        },
    )
    .filter((manifest) => manifest.private !== true)
    .map(({ name, version }) => `${name.replace("@ocilayout/", "")}:${version}`)
    .sort();
}

describe.skipIf(!canPack())("the demo", () => {
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "ocilayout-demo-test-"));
    layout = join(directory, "registry");
    shown = await show(directory);
  }, 120_000);
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it("publishes every public package, tagged with its version", async () => {
    const found: string[] = [];
    for (const { repository } of (await jsonLines("ls", layout)) as { repository: string }[]) {
      for (const { tag } of (await jsonLines("tags", join(layout, repository))) as { tag: string }[])
        found.push(`${repository}:${tag}`);
    }
    expect(found).toEqual(published());
  });

  it("shows each command as a user would type it, and fits on one or two screens", () => {
    for (const name of ["push", "ls", "tags", "show", "pull", "gc", "verify"]) {
      expect(
        shown.some((line) => line.startsWith(`$ ocilayout ${name} ${layout}`)),
        name,
      ).toBe(true);
    }
    expect(shown.length).toBeLessThan(70);
    expect(shown).toContain("0 errors, 0 warnings");
  });

  it("leaves exactly the blobs in the layout that its manifests refer to", async () => {
    const nodes = (await jsonLines("show", layout)).flatMap(
      (tree) => (tree as { nodes: { digest: string }[] }).nodes,
    );
    expect(new Set(nodes.map(({ digest }) => digest))).toEqual(
      new Set(readdirSync(join(layout, "blobs/sha256")).map((name) => `sha256:${name}`)),
    );
  });

  it("stores each tarball as the bytes of the package, and writes it back", async () => {
    for (const name of published()) {
      const { layers, artifactType } = JSON.parse((await ocilayout("cat", join(layout, name))).stdout) as {
        artifactType: string;
        layers: [{ digest: string; annotations: Record<string, string> }];
      };
      expect(artifactType).toBe(packageType);
      const content = readFileSync(
        join(directory, "pulled", layers[0].annotations["org.opencontainers.image.title"] ?? ""),
      );
      expect(sha256(content)).toBe(layers[0].digest);
      expect([...content.subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    }
  });

  it("prints the same and changes no file when it runs again", async () => {
    const before = everything(layout);
    expect(await show(directory)).toEqual(shown);
    expect(everything(layout)).toEqual(before);
    expect(readdirSync(layout).sort()).toEqual(["_uploads", "blobs", "index.json", "oci-layout"]);
  }, 120_000);

  it("fails on a layout that was tampered with, and names the problem", async () => {
    const tampered = join(directory, "tampered");
    cpSync(layout, join(tampered, "registry"), { recursive: true });
    rmSync(join(tampered, "registry/oci-layout"));
    const stderr = new Sink();
    await expect(guide(packages, tampered, { stdout: new Sink(), stderr })).rejects.toThrow(
      "ocilayout push ended with 1",
    );
    expect(stderr.bytes.toString()).toMatch(/^ocilayout: NAME_UNKNOWN: cannot create a layout at /);
  }, 120_000);

  it.skipIf(!hasSkopeo())("writes a layout that skopeo reads", async () => {
    for (const name of published()) {
      const raw = execFileSync("skopeo", ["inspect", "--raw", `oci:${layout}:${name}`]);
      expect(raw.equals((await ocilayout("cat", join(layout, name))).bytes)).toBe(true);
    }
  });
});

/** Whether skopeo is installed. CI requires it; elsewhere one test is skipped. */
function hasSkopeo(): boolean {
  return isHere(isOnPath("skopeo"), "skopeo", "skopeo reads the demo's layout");
}

/** Whether the demo can pack: with the pnpm that runs the tests, or with one that npx downloads. CI requires it. */
function canPack(): boolean {
  return isHere((process.env["npm_execpath"] ?? "").includes("pnpm") || isOnPath("npx"), "npx", "the demo");
}

function isOnPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((path) => existsSync(join(path, program)));
}

function isHere(found: boolean, program: string, what: string): boolean {
  if (!found && process.env["OCILAYOUT_CI"] !== undefined && process.platform === "linux")
    throw new Error(`${program} is needed in CI`);
  if (!found) console.info(`skipped: ${what}, because ${program} is not installed`);
  return found;
}
