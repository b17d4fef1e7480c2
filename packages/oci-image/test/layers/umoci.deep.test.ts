import { execFile, execFileSync } from "node:child_process";
import { createReadStream, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";

import { openLayout } from "@ocilayout/layout-core";
import { computeDigest, ociMediaTypes, type Registry } from "@ocilayout/oci-types";
import { bytes, descriptorOf, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { readFile, type Place } from "../../src/index.ts";
import { encodeTarText, type TarEntryInit } from "../../src/tar.ts";
import { directory, file, filesOf, link, symlink, tarOf } from "./images.ts";

const run = promisify(execFile);

/** Whether umoci and GNU tar are installed. If not, the tests are skipped, except in CI. */
function hasPrograms(): boolean {
  try {
    for (const program of ["umoci", "tar"]) execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["OCILAYOUT_CI"] !== undefined) throw new Error("umoci is not installed, but CI needs it");
    console.info("skipped: layers as umoci unpacks them, because umoci or tar is not installed");
    return false;
  }
}

/** Pushes an image with these layers to a new layout. */
async function push(layers: readonly Uint8Array[]): Promise<{ readonly at: Place; readonly cwd: string }> {
  const cwd = temporaryDirectory();
  const registry: Registry = await openLayout(join(cwd, "layout"), { defaultRepository: "app" });
  const descriptors = [];
  for (const layer of layers) {
    const blob = gzipSync(layer);
    descriptors.push(descriptorOf(blob, ociMediaTypes.layerGzip));
    await registry.pushBlob("app", descriptorOf(blob), blob);
  }
  const config = bytes(
    JSON.stringify({
      os: "linux",
      architecture: "amd64",
      rootfs: { type: "layers", diff_ids: layers.map((layer) => descriptorOf(layer).digest) },
    }),
  );
  await registry.pushBlob("app", descriptorOf(config), config);
  const manifest = {
    schemaVersion: 2,
    config: descriptorOf(config, ociMediaTypes.imageConfig),
    layers: descriptors,
  };
  await registry.pushManifest("app", bytes(JSON.stringify(manifest)), ociMediaTypes.imageManifest, {
    tags: ["v1"],
  });
  return { at: { registry, repository: "app", reference: "v1" }, cwd };
}

interface Facts {
  readonly type: string;
  readonly mode: number;
  readonly size?: number;
  readonly mtime?: number;
  readonly linkName?: string;
  /** The paths of the other hard links. */
  readonly links?: readonly string[];
  readonly digest?: string;
}

/** Describes a directory that umoci has unpacked. */
async function unpacked(root: string): Promise<Record<string, Facts>> {
  const facts: Record<string, Facts> = {};
  const inodes: Map<number, string[]> = new Map();
  const visit = async (path: string): Promise<void> => {
    const full = Buffer.concat([Buffer.from(root), Buffer.from(path, "latin1")]);
    const { mode, size, mtimeMs, ino, ...stat } = await lstat(full);
    const isDirectory = (mode & 0o170000) === 0o040000;
    const isSymlink = (mode & 0o170000) === 0o120000;
    if (isDirectory) {
      facts[path] = { type: "directory", mode: mode & 0o7777 };
      for (const name of await readdir(full, "latin1")) await visit(`${path === "/" ? "" : path}/${name}`);
      return;
    }
    const paths = inodes.get(ino) ?? [];
    inodes.set(ino, paths);
    paths.push(path);
    const links = stat.nlink > 1 ? { links: paths } : {};
    if (isSymlink)
      facts[path] = { type: "symlink", mode: 0o777, linkName: readlinkSync(full, "latin1"), ...links };
    else {
      const { digest } = await computeDigest(createReadStream(full));
      facts[path] = {
        type: "file",
        mode: mode & 0o7777,
        size,
        mtime: Math.floor(mtimeMs / 1000),
        digest,
        ...links,
      };
    }
  };
  await visit("/");
  for (const { links } of Object.values(facts)) (links as string[] | undefined)?.sort();
  return facts;
}

const latin1 = (path: string): string => Buffer.from(encodeTarText(path) ?? []).toString("latin1");

/** Describes an image in the same way. */
async function listed(at: Place): Promise<Record<string, Facts>> {
  const facts: Record<string, Facts> = {};
  const groups: Map<string, string[]> = new Map();
  for (const found of (await filesOf(at)).values()) {
    const path = latin1(found.path);
    const { type, mode, size, mtime, linkName, layer, offset } = found;
    if (type === "directory") {
      facts[path] = { type, mode };
      continue;
    }
    const key = `${layer} ${offset}`;
    const paths = groups.get(key) ?? [];
    groups.set(key, paths);
    paths.push(path);
    const links = { links: paths };
    if (type === "symlink") facts[path] = { type, mode: 0o777, linkName: latin1(linkName ?? ""), ...links };
    else {
      const { descriptor } = await readFile(at, found.path);
      facts[path] = { type, mode, size, mtime: Math.floor(mtime), digest: descriptor.digest, ...links };
    }
  }
  for (const [path, { links, ...rest }] of Object.entries(facts))
    facts[path] = links === undefined || links.length < 2 ? rest : { ...rest, links: [...links].sort() };
  return facts;
}

/** Expects that umoci unpacks the same files as we list. */
async function compare(layers: readonly Uint8Array[]): Promise<Record<string, Facts>> {
  const { at, cwd } = await push(layers);
  await run("umoci", ["unpack", "--rootless", "--image", "layout:v1", "bundle"], { cwd });
  const expected = await unpacked(join(cwd, "bundle/rootfs"));
  const facts = await listed(at);
  expect(facts).toEqual(expected);
  return facts;
}

describe.skipIf(!hasPrograms())("listFiles and readFile, compared with umoci unpack", () => {
  it("agree about whiteouts, opaque directories, hard links, and directories that are replaced", async () => {
    const root = directory("./", 0o755);
    const base: TarEntryInit[] = [
      root,
      directory("etc", 0o750),
      file("etc/a"),
      file("etc/b"),
      directory("opaque", 0o711),
      file("opaque/old"),
      directory("opaque/sub"),
      file("opaque/sub/old"),
      directory("gone"),
      file("gone/x"),
      directory("again"),
      file("again/old"),
      directory("becomes-file"),
      file("becomes-file/x"),
      file("becomes-directory"),
      file("target", "content of the target"),
      link("same-layer", "target"),
      { ...file("suid"), mode: 0o4755, mtime: 1_234_567 },
      symlink("s", "../etc/a"),
      link("link-to-symlink", "s"),
    ];
    const second: TarEntryInit[] = [
      file(".wh.gone", ""),
      file("etc/.wh.a", ""),
      file("opaque/.wh..wh..opq", ""),
      file("opaque/new"),
      file(".wh.again", ""),
      directory("again", 0o701),
      file("again/new"),
      file("becomes-file"),
      directory("becomes-directory"),
      file("becomes-directory/x"),
      link("lower", "./target"),
      link("etc/lower", "/etc/b"),
    ];
    const third: TarEntryInit[] = [
      file("target", "another content"),
      file("etc/.wh.b", ""),
      directory("gone", 0o770),
      file("gone/y"),
      file("gone/twice", "1"),
      file("gone/twice", "second"),
    ];
    const facts = await compare([await tarOf(...base), await tarOf(...second), await tarOf(...third)]);
    expect(facts["/lower"]?.digest).toBe(descriptorOf(bytes("content of the target")).digest);
    expect(facts["/again/old"]).toBeUndefined();
  });

  it.each(["gnu", "posix"])("agree about long and odd names, and sparse files: %s", async (format) => {
    const cwd = temporaryDirectory();
    const at = (path: string): string => join(cwd, path);
    const long = `${"d".repeat(120)}/${"e".repeat(120)}`;
    mkdirSync(at(long), { recursive: true });
    writeFileSync(at(`${long}/${"f".repeat(200)}`), "long");
    for (const name of ["new\nline", "tab\t", "ü", "space ", "back\\slash", "*", "😀", "-x"])
      writeFileSync(at(name), name);
    writeFileSync(Buffer.concat([Buffer.from(`${cwd}/`), Buffer.of(0x62, 0xff, 0xfe)]), "latin");
    writeFileSync(at("sparse"), "start");
    execFileSync("truncate", ["--size", "3M", at("sparse")]);
    writeFileSync(at("sparse"), "end", { flag: "a" });
    expect(statSync(at("sparse")).blocks * 512).toBeLessThan(100_000);
    // umoci does not know the sparse files of the format "gnu".
    const archive = join(temporaryDirectory(), "it.tar");
    execFileSync("tar", [
      "--create",
      `--format=${format}`,
      ...(format === "posix" ? ["--sparse"] : []),
      "--file",
      archive,
      "--directory",
      cwd,
      ".",
    ]);
    await compare([readFileSync(archive)]);
  });
});
