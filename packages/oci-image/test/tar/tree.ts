import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

import { isRoot, run } from "./programs.ts";

/** Facts about files that some formats of tar cannot store. */
export interface TreeOptions {
  /** Paths and targets that are longer than 100 bytes. */
  readonly long?: boolean;
  /** Extended attributes. */
  readonly xattrs?: boolean;
  /** Times before 1970 and after 2242, and owners beyond 2,097,151. */
  readonly numbers?: boolean;
  /** Times with fractions. */
  readonly fractions?: boolean;
}

const component = "directory-with-a-long-name-".repeat(4).slice(0, 90);

/** Creates files of every type in `directory`. */
export function makeTree(
  directory: string,
  { long = false, xattrs = false, numbers = false, fractions = false }: TreeOptions,
): void {
  const at = (path: string): string => join(directory, path);
  mkdirSync(at("a/b/empty"), { recursive: true });
  for (const [path, size] of [
    ["empty", 0],
    ["a/small", 5],
    ["a/block", 512],
    ["a/more", 513],
    ["a/b/large", 200_000],
    ["with space", 10],
    ["new\nline", 10],
    ["back\\slash", 10],
    ["-dash", 10],
    ["é日本😀", 10],
  ] as const)
    writeFileSync(
      at(path),
      Uint8Array.from({ length: size }, (_, index) => (index * 7 + size) % 256),
    );
  symlinkSync("small", at("a/link"));
  symlinkSync("/absolute/../target", at("absolute"));
  linkSync(at("a/small"), at("a/b/hard"));
  execFileSync("mkfifo", [at("pipe")]);
  chmodSync(at("a/small"), 0o4751);
  chmodSync(at("a/block"), 0);
  chmodSync(at("a/b"), 0o1777);
  makeHoles(at("holes"), 5_000_000, [1_000_000, 2_000_000, 4_999_000]);
  makeHoles(at("hole"), 1_000_000, []);
  makeHoles(
    at("fragments"),
    3_000_000,
    Array.from({ length: 60 }, (_, index) => index * 50_000),
  );
  if (isRoot) {
    run(directory, "mknod", "character", "c", "1", "3");
    run(directory, "mknod", "block", "b", "8", "17");
    chownSync(at("with space"), 1234, 56_789);
  }
  if (long) {
    const deep = Array.from({ length: 4 }, () => component).join("/");
    mkdirSync(at(deep), { recursive: true });
    writeFileSync(at(`${deep}/file`), "deep");
    writeFileSync(at("n".repeat(255)), "long");
    symlinkSync(`../${"target/".repeat(50)}`, at("to-long"));
    linkSync(at(`${deep}/file`), at("hard-to-long"));
    // Paths that have 99, 100 and 101 bytes, and a prefix that fits exactly.
    for (const size of [99, 100, 101]) writeFileSync(at("m".repeat(size)), String(size));
    mkdirSync(at("p".repeat(155)));
    writeFileSync(at(`${"p".repeat(155)}/${"q".repeat(100)}`), "prefix");
  }
  if (xattrs) {
    const attributes: [string, string, string][] = [
      [at("a/small"), "user.text", "76616c7565"],
      [at("a/small"), "user.binary", "000a3dff"],
      [at("a/b"), "user.empty", ""],
    ];
    if (isRoot) attributes.push([at("a/link"), "trusted.of.a.link", "78"]);
    setAttributes(attributes);
  }
  // Whole seconds, because a number has no room for all nanoseconds.
  for (const [index, path] of readdirSync(directory, { recursive: true, encoding: "utf8" }).entries())
    lutimesSync(at(path), 1, 1_600_000_000 + index);
  lutimesSync(directory, 1, 1_600_000_000);
  if (numbers) {
    lutimesSync(at("with space"), 1, new Date(-1_000_000_000 * 1000)); // Node takes a negative number for now.
    lutimesSync(at("-dash"), 1, 10_000_000_000);
    if (isRoot) chownSync(at("a/more"), 4_000_000_000, 2_097_152);
  }
  if (fractions) {
    lutimesSync(at("empty"), 1, 1_234_567_890.25);
    lutimesSync(at("a/more"), 1, new Date(-86_400 * 1000)); // bsdtar writes -86400.5 as -86401.5.
  }
}

/** Makes a file of `size` bytes that has content only at some offsets. */
function makeHoles(path: string, size: number, offsets: readonly number[]): void {
  const file = openSync(path, "w");
  for (const offset of offsets) writeSync(file, "content", offset);
  closeSync(file);
  truncateSync(path, size);
}

/** Sets extended attributes: a path, a name, and a value as hexadecimal text. Node has no function for it. */
function setAttributes(attributes: readonly (readonly [path: string, name: string, value: string])[]): void {
  const code = `
import os, sys, json
for path, name, value in json.load(sys.stdin): os.setxattr(path, name, bytes.fromhex(value), follow_symlinks=False)`;
  execFileSync("python3", ["-c", code], { input: JSON.stringify(attributes) });
}

/** Returns the extended attributes of all files, as hexadecimal text. */
function attributesOf(paths: readonly string[]): Record<string, Record<string, string>> {
  const code = `
import os, sys, json
names = lambda p: [n for n in os.listxattr(p, follow_symlinks=False) if not n.startswith(("security.", "system."))]
print(json.dumps({p: {n: os.getxattr(p, n, follow_symlinks=False).hex() for n in names(p)} for p in json.load(sys.stdin)}))`;
  const output = execFileSync("python3", ["-c", code], {
    input: JSON.stringify(paths),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(output) as Record<string, Record<string, string>>;
}

/** The facts about a file on disk, as those about an entry of an archive. */
export interface FileFacts {
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** In whole seconds. */
  readonly mtime: number;
  readonly mtimeNs: bigint;
  readonly target: string;
  readonly device: string;
  readonly inode: bigint;
  readonly content: Buffer;
  readonly xattrs: Record<string, string>;
}

/** Returns the facts about every file below `directory`, by path. */
export function walkTree(directory: string): Map<string, FileFacts> {
  const paths = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const attributes = attributesOf(paths.map((path) => join(directory, path)));
  return new Map(
    paths.sort().map((path) => {
      const whole = join(directory, path);
      const stat = lstatSync(whole, { bigint: true });
      const type = typeOf(stat);
      return [
        path,
        {
          type,
          size: type === "file" ? Number(stat.size) : 0,
          mode: Number(stat.mode & 0o7777n),
          uid: Number(stat.uid),
          gid: Number(stat.gid),
          mtime: Number((stat.mtimeNs - (((stat.mtimeNs % 10n ** 9n) + 10n ** 9n) % 10n ** 9n)) / 10n ** 9n),
          mtimeNs: stat.mtimeNs,
          target: type === "symlink" ? readlinkSync(whole) : "",
          device: type.endsWith("device") ? `${stat.rdev >> 8n},${stat.rdev & 0xffn}` : "",
          inode: stat.ino,
          content: type === "file" ? readFileSync(whole) : Buffer.alloc(0),
          xattrs: attributes[whole] ?? {},
        },
      ];
    }),
  );
}

function typeOf(stat: ReturnType<typeof lstatSync> & object): string {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  if (stat.isSymbolicLink()) return "symlink";
  if (stat.isFIFO()) return "fifo";
  return stat.isBlockDevice() ? "block-device" : "character-device";
}
