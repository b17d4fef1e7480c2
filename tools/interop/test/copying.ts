import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { openPerRepository } from "@ocilayout/layout-per-repo";
import type { Place } from "@ocilayout/oci-image";
import type { Registry } from "@ocilayout/oci-types";
import { mountFrom } from "@ocilayout/oci-types";
import { expect, onTestFinished } from "vitest";

import { baseFiles, digestOf, otherPlatform, thisPlatform } from "./images.ts";
import { skopeoIn, storageIn, umociIn } from "./programs.ts";
import { writeSource } from "./serving.ts";
import { filesOf, isExecutable } from "./shared-layout.ts";

/** The layout that a program made, as programs in the directory of the test name it. */
export const MADE = "maker/made";
/** The directory in which {@link MADE} was made, relative to the directory of the test. */
const MAKER = "maker";
/** umoci can change owners only as root. */
const unpack: readonly [string, ...string[]] =
  process.getuid?.() === 0 ? ["unpack"] : ["unpack", "--rootless"];

/** Makes the layout `made` in `cwd` with the tag `v1`. */
export type Make = (cwd: string) => Promise<void>;

/** The programs that make an image for this machine. */
export const imageMakers = {
  async skopeo(cwd) {
    await writeSource(cwd);
    await skopeoIn(cwd)("copy", "oci:source:v1", "oci:made:v1");
  },
  async umoci(cwd) {
    const umoci = umociIn(cwd);
    writeFiles(join(cwd, "root"));
    await umoci("init", "--layout", "made");
    await umoci("new", "--image", "made:v1");
    await umoci("insert", "--image", "made:v1", "root", "/");
  },
  buildah: (cwd) => buildImage(cwd, "buildah"),
  podman: (cwd) => buildImage(cwd, "podman"),
} as const satisfies Readonly<Record<string, Make>>;

/** The programs that make an index of an image for this machine and one for another. */
export const indexMakers = {
  async skopeo(cwd) {
    await writeSource(cwd);
    await skopeoIn(cwd)("copy", "--all", "oci:source:multi", "oci:made:v1");
  },
  async buildah(cwd) {
    const buildah = storageIn(cwd, "buildah");
    const platforms = [thisPlatform, otherPlatform].map(({ os, architecture }) => `${os}/${architecture}`);
    writeContext(cwd);
    await buildah(
      "build",
      "--isolation",
      "chroot",
      "--platform",
      platforms.join(),
      "--manifest",
      "built",
      "context",
    );
    await buildah("manifest", "push", "--all", "built", "oci:made:v1");
  },
} as const satisfies Readonly<Record<string, Make>>;

async function buildImage(cwd: string, program: "buildah" | "podman"): Promise<void> {
  const run = storageIn(cwd, program);
  writeContext(cwd);
  await run("build", "--isolation", "chroot", "--tag", "built", "context");
  await run("push", "built", "oci:made:v1");
}

/** Writes the directory `context`, from which an image of {@link baseFiles} is built. */
function writeContext(cwd: string): void {
  writeFiles(join(cwd, "context"));
  writeFileSync(join(cwd, "context/Dockerfile"), "FROM scratch\nCOPY etc /etc\nCOPY bin /bin\n");
}

function writeFiles(directory: string): void {
  for (const [path, text] of Object.entries(baseFiles)) {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), text, { mode: path.startsWith("bin/") ? 0o755 : 0o644 });
  }
}

/** Makes a directory for the running test, in which `make` made the layout {@link MADE}. */
export async function prepare(make: Make): Promise<string> {
  const cwd = mkdtempSync(join(tmpdir(), "interop-"));
  onTestFinished(() => {
    rmSync(cwd, { recursive: true, force: true });
  });
  mkdirSync(join(cwd, MAKER));
  await make(join(cwd, MAKER));
  return cwd;
}

/** A registry on disk that a test copies to. */
export interface Target {
  readonly repository: string;
  /** Whether `copy` links the blobs of a layout. */
  readonly canLink: boolean;
  readonly open: (cwd: string) => Promise<Registry & AsyncDisposable>;
  /** Returns the name of a tag's image, for programs in the directory of the test. */
  readonly onDisk: (tag: string) => string;
}

/** The kinds of targets. */
export const targets: Readonly<Record<string, Target>> = {
  "a layout, by links": {
    repository: "default",
    canLink: true,
    open: (cwd) => openLayout(join(cwd, "copied")),
    onDisk: (tag) => `copied:${tag}`,
  },
  "a layout of several repositories, without links": {
    repository: "team/app",
    canLink: false,
    open: async (cwd) => withoutLinks(await openLayout(join(cwd, "copied"))),
    onDisk: (tag) => `copied:team/app:${tag}`,
  },
  "a layout per repository": {
    repository: "team/app",
    canLink: true,
    open: (cwd) => openPerRepository(join(cwd, "tree")),
    onDisk: (tag) => `tree/team/app:${tag}`,
  },
};

/** Returns a registry to which `copy` cannot link files. */
function withoutLinks<Kind extends Registry>(registry: Kind): Kind {
  const hidden = { ...registry, [mountFrom]: undefined };
  return hidden;
}

/** Opens a layout that a program wrote, for the running test. Returns the place of the tag in its default repository. */
export async function placeIn(directory: string, reference = "v1"): Promise<Place> {
  const registry = await openLayout(directory, { readOnly: true });
  onTestFinished(async () => registry.close());
  return { registry, repository: "default", reference };
}

/** Requires that skopeo reads the same manifest in both, and can copy everything below it to `back:TAG`. */
export async function expectSame(cwd: string, original: string, copied: string, tag = "v1"): Promise<void> {
  const skopeo = skopeoIn(cwd);
  const raw = await skopeo("inspect", "--raw", `oci:${original}`);
  expect(await skopeo("inspect", "--raw", `oci:${copied}`)).toBe(raw);
  await skopeo("copy", "--all", "--preserve-digests", `oci:${copied}`, `oci:back:${tag}`);
  expect(await skopeo("inspect", "--raw", `oci:back:${tag}`)).toBe(raw);
}

/** Requires that podman pulls an image with the config that skopeo finds in `original` for this machine. */
export async function expectPulled(cwd: string, original: string, copied: string): Promise<void> {
  const config = await skopeoIn(cwd)("inspect", "--config", "--raw", `oci:${original}`);
  const id = await storageIn(cwd, "podman")("pull", "--quiet", `oci:${copied}`);
  expect(`sha256:${id.trim()}`).toBe(digestOf(Buffer.from(config)));
}

/** Requires that umoci unpacks an image into {@link baseFiles}, and perhaps others. */
export async function expectUnpacked(cwd: string, image: string): Promise<void> {
  await umociIn(cwd)(...unpack, "--image", image, "bundle");
  expect(filesOf(join(cwd, "bundle/rootfs"))).toMatchObject(baseFiles);
  expect(isExecutable(join(cwd, "bundle/rootfs/bin/run"))).toBe(true);
}
