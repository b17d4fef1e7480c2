// Evidence for docs/other-programs.md, which compares this command with others.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeEach, describe, expect, it, onTestFinished } from "vitest";

import { ocilayout } from "./command.ts";
import { execute, has, skopeoIn, umociIn } from "./programs.ts";
import { writeSource } from "./serving.ts";
import { blobsOf } from "./shared-layout.ts";

const here = { skopeo: has("skopeo"), umoci: has("umoci") };
const root = join(import.meta.dirname, "../../..");
let cwd: string;

beforeEach(async () => {
  const directory = (cwd = mkdtempSync(join(tmpdir(), "interop-")));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  await writeSource(cwd);
});

/** Returns the names of the commands in a help text. */
function commandsOf(help: string): string[] {
  const names = Array.from(
    help.matchAll(/^ {2,5}([a-z][a-z-]+)(?:, [a-z]+)?  +[A-Za-z]/gm),
    ([, name = ""]) => name,
  );
  return names.filter((name) => !["help", "completion"].includes(name));
}

/** Runs `write` 8 times at once, each with its tag, until a tag is lost. */
async function losesTags(layout: string, write: (tag: string) => Promise<unknown>): Promise<boolean> {
  // On a busy machine the processes may take turns for many rounds.
  for (let round = 0; round < 300; round += 1) {
    const tags = Array.from({ length: 8 }, (_, i) => `r${round}-${i}`);
    await Promise.allSettled(tags.map(write));
    const index = readFileSync(join(cwd, layout, "index.json"), "utf8");
    if (tags.some((tag) => !index.includes(`"${tag}"`))) return true;
  }
  return false;
}

describe("ocilayout", () => {
  it("ocilayout neither signs, nor reads the storage of daemons, nor makes bundles for runc", async () => {
    for (const verb of ["sign", "unpack", "repack"]) expect((await ocilayout(verb)).code).toBe(2);
    for (const place of ["containers-storage:app", "docker-daemon:app:v1"])
      expect((await ocilayout("inspect", place)).stderr).toMatch(/^ocilayout: NAME_INVALID: .*skopeo copy/);
  });

  it("ocilayout is not released, and needs Node", () => {
    const app = join(root, "apps/ocilayout");
    expect(JSON.parse(readFileSync(join(app, "package.json"), "utf8"))).toMatchObject({ version: "0.0.0" });
    expect(readFileSync(join(app, "bin/ocilayout.js"), "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});

describe.skipIf(!here.skopeo)("skopeo", () => {
  it("skopeo has only commands that copy, inspect, list, delete, sign and log in", async () => {
    const known = [
      ...[
        "copy",
        "delete",
        "generate-sigstore-key",
        "inspect",
        "list-tags",
        "login",
        "logout",
        "manifest-digest",
      ],
      ...["standalone-sign", "standalone-verify", "sync"],
    ];
    const commands = commandsOf(await execute("skopeo", ["--help"]));
    expect(commands.length).toBeGreaterThan(8);
    expect(commands.filter((name) => !known.includes(name))).toEqual([]);
  });

  it("skopeo signs, and reads the storage of podman and the daemon of docker", async () => {
    const help = await execute("skopeo", ["copy", "--help"]);
    for (const text of ["--sign-by", "containers-storage", "docker-daemon"]) expect(help).toContain(text);
    expect(commandsOf(await execute("skopeo", ["--help"]))).toContain("standalone-verify");
  });

  it("skopeo loses tags if processes write to one layout", async () => {
    const skopeo = skopeoIn(cwd);
    const write = async (tag: string): Promise<unknown> =>
      skopeo("copy", "--quiet", "oci:source:v1", `oci:shared:${tag}`);
    expect(await losesTags("shared", write)).toBe(true);
  });
});

describe.skipIf(!here.umoci)("umoci", () => {
  it("umoci has only commands for images and layouts on disk", async () => {
    const known = [
      "config",
      "gc",
      "init",
      "insert",
      "list",
      "new",
      "raw",
      "remove",
      "repack",
      "stat",
      "tag",
      "unpack",
    ];
    expect(commandsOf(await execute("umoci", ["--help"])).sort()).toEqual(known);
  });

  it("umoci makes a bundle, packs its changes, inserts a file and collects garbage", async () => {
    const umoci = umociIn(cwd);
    const rootless = process.getuid?.() === 0 ? [] : ["--rootless"];
    await umoci("unpack", ...rootless, "--image", "source:v1", "bundle");
    expect(JSON.parse(readFileSync(join(cwd, "bundle/config.json"), "utf8"))).toHaveProperty("process");
    writeFileSync(join(cwd, "bundle/rootfs/etc/more"), "more");
    await umoci("repack", "--image", "source:v2", "bundle");
    const files = await ocilayout("files", `${join(cwd, "source")}:v2`, "/etc");
    expect(files.stdout).toContain("  /etc/more\n");
    const layersOf = async (): Promise<number> =>
      (JSON.parse(await umoci("stat", "--image", "source:v2", "--json")) as { history: unknown[] }).history
        .length;
    const layers = await layersOf();
    await umoci("insert", ...rootless, "--image", "source:v2", "bundle/config.json", "/etc/config.json");
    expect(await layersOf()).toBe(layers + 1);
    const before = blobsOf(cwd, "source").length;
    await umoci("remove", "--image", "source:v2");
    await umoci("gc", "--layout", "source");
    expect(blobsOf(cwd, "source").length).toBeLessThan(before);
  });

  it("umoci loses tags if processes write to one layout", async () => {
    const umoci = umociIn(cwd);
    expect(await losesTags("source", async (tag) => umoci("tag", "--image", "source:v1", tag))).toBe(true);
  });
});

describe.skipIf(!here.skopeo || !here.umoci)("both", () => {
  it("skopeo and umoci are programs of Debian that need no runtime", () => {
    for (const program of ["skopeo", "umoci"]) {
      const path = execFileSync("sh", ["-c", `readlink -f "$(command -v ${program})"`], {
        encoding: "utf8",
      }).trim();
      expect(readFileSync(path).subarray(1, 4).toString()).toBe("ELF");
    }
  });
});
