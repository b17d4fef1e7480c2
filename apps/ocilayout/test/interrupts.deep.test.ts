import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

import { createBlobReader } from "@ocilayout/oci-backend";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import type { RegistryServer } from "@ocilayout/oci-server/node";
import { serve } from "@ocilayout/oci-server/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { buildCommand, builtScript, ended, start, startWith, track } from "./built-command.ts";
import { everything, lines, ocilayout } from "./command.ts";
import { makeImages } from "./images.ts";

buildCommand();

/** Reports the next request for a layer, whose content stops after its first bytes, or the next push while pushes stop. */
let reached: () => void = () => undefined;
/** Whether the registry never answers pushes. */
let pushesStop = false;
let server: RegistryServer;
let directory: string;
let place: string;
const at = (name: string): string => join(directory, name);

/** Makes a call of a registry that stops while {@link pushesStop} is set. */
function stopping<Args extends unknown[], Result>(
  call: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    if (!pushesStop) return call(...args);
    reached();
    return new Promise(() => undefined);
  };
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "ocilayout-interrupts-"));
  const registry = createMemoryRegistry();
  server = await serve(
    {
      ...registry,
      pushBlob: stopping(registry.pushBlob.bind(registry)),
      pushBlobChunked: stopping(registry.pushBlobChunked.bind(registry)),
      pushManifest: stopping(registry.pushManifest.bind(registry)),
      getBlob: async (repo, digest, options) => {
        const blob = await registry.getBlob(repo, digest, options);
        if (blob.descriptor.size < 1000) return blob;
        const bytes = await blob.bytes();
        return createBlobReader(
          blob.descriptor,
          (async function* () {
            yield bytes.subarray(0, 512);
            reached();
            await new Promise(() => undefined);
          })(),
        );
      },
    },
    { port: 0, writable: true },
  );
  place = `127.0.0.1:${server.port}/app:v1`;
  const app = `${await makeImages(directory)}/app`;
  await lines("copy", `${app}:v1`, place);
  await lines("copy", `${app}:arm64`, `${place}-arm64`);
  await lines("init", at("empty"));
  await lines("copy", `${app}:v1`, at("images/loaded:v1"));
  await lines("save", at("images/loaded:v1"), "--output", at("saved.tar"));
  writeFileSync(at("large"), "x".repeat(2000));
  await lines("push", `127.0.0.1:${server.port}/docs:v1`, at("large"));
}, 60_000);
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

const arm = ["--platform", "linux/arm64"];

/** Fills in the places of the words of a command. */
function filled(word: string): string {
  return word
    .replace("SOURCE", place)
    .replace("HOST", `127.0.0.1:${server.port}`)
    .replace("DIRECTORY", directory);
}

it.each([
  ["copy to a layout", ["copy", "SOURCE", "DIRECTORY/new//app:v1"]],
  ["copy to a layout that exists", ["copy", "SOURCE", "DIRECTORY/empty//app:v1"]],
  ["copy to an archive", ["copy", "SOURCE", "DIRECTORY/new.tar"]],
  ["save", ["save", "SOURCE", "--output", "DIRECTORY/new.tar"]],
  ["extract of an image", ["extract", "SOURCE", ...arm, "--output", "DIRECTORY/root"]],
  ["extract of a file", ["extract", "SOURCE", "/app/notes", ...arm, "--output", "DIRECTORY/notes"]],
  ["sync", ["sync", "HOST/app", "DIRECTORY/new//app"]],
  ["diff", ["diff", "SOURCE-arm64", "DIRECTORY/images/app:amd64"]],
  ["pull", ["pull", "HOST/docs:v1", "--output", "DIRECTORY/out"]],
] as const)(
  "Ctrl-C in the middle of %s ends it with 130, and leaves nothing half-done",
  async (_what, words) => {
    const before = everything(directory);
    const isReached: Promise<void> = new Promise((resolve) => {
      reached = resolve;
    });
    const child = start(...words.map(filled));
    const end = ended(child);
    await isReached;
    child.kill("SIGINT");
    expect(await end).toMatchObject({ code: 130, stdout: "", stderr: "ocilayout: interrupted\n" });
    // Parts that are complete may stay: they have no tag, the next copy uses them, and gc removes them.
    const left = Object.keys(everything(directory)).filter((name) => !(name in before));
    expect(
      left.filter((name) => !/^(?:new|empty)\/(?:_uploads$|blobs|oci-layout$|index\.json$)|^new$/.test(name)),
    ).toEqual([]);
    if (left.includes("new")) expect((await ocilayout("ls", at("new"))).stdout).toBe("");
    expect((await ocilayout("ls", at("empty"))).stdout).toBe("");
    rmSync(at("new"), { recursive: true, force: true });
  },
);

it.each([
  ["copy to a registry", ["copy", "DIRECTORY/images/app:v1", "HOST/new:v1"]],
  ["load to a registry", ["load", "DIRECTORY/saved.tar", "docker://HOST"]],
  ["push", ["push", "HOST/new:v1", "DIRECTORY/large"]],
  ["append", ["append", "SOURCE-arm64", "DIRECTORY/large"]],
  ["annotate", ["annotate", "SOURCE", "team=a"]],
  ["index", ["index", "HOST/app:v2", "v1-arm64"]],
] as const)("Ctrl-C in the middle of %s changes no tag and no file", async (_what, words) => {
  const [repositories, tags] = [
    ["ls", `docker://127.0.0.1:${server.port}`],
    ["tags", `127.0.0.1:${server.port}/app`],
  ] as const;
  const before = [await lines(...repositories), await lines(...tags), everything(directory)];
  const isReached: Promise<void> = new Promise((resolve) => {
    reached = resolve;
  });
  pushesStop = true;
  try {
    const child = start(...words.map(filled));
    const end = ended(child);
    await isReached;
    child.kill("SIGINT");
    expect(await end).toMatchObject({ code: 130, stdout: "", stderr: "ocilayout: interrupted\n" });
  } finally {
    pushesStop = false;
  }
  expect([await lines(...repositories), await lines(...tags), everything(directory)]).toEqual(before);
});

it("Ctrl-C while append writes to a layout changes no tag, and leaves no part of a blob", async () => {
  // It takes many seconds to read, and no space on the disk.
  writeFileSync(at("sparse"), "");
  truncateSync(at("sparse"), 2 ** 33);
  const [tags, before] = [await lines("tags", at("images/app")), uploads()];
  const child = start("append", at("images/app:arm64"), at("sparse"), "--compression", "none");
  const end = ended(child);
  await expect.poll(() => uploads()).not.toEqual(before);
  child.kill("SIGINT");
  expect(await end).toMatchObject({ code: 130, stdout: "", stderr: "ocilayout: interrupted\n" });
  expect(await lines("tags", at("images/app"))).toEqual(tags);
  expect(uploads()).toEqual(before);
  rmSync(at("sparse"));
});

/** The names of unfinished uploads in the layout, without its reserve for a full disk. */
function uploads(): string[] {
  const names = existsSync(at("images/_uploads")) ? readdirSync(at("images/_uploads")) : [];
  return names.filter((name) => !name.startsWith("reserve-"));
}

it("Ctrl-C during load - removes the temporary file of the pipe", async () => {
  const temporary = at("temporary");
  mkdirSync(temporary);
  const child = startWith(
    { nodeOptions: [], env: { TMPDIR: temporary }, stdin: "pipe" },
    "load",
    "-",
    at("loaded"),
  );
  const end = ended(child);
  child.stdin?.write("the beginning of an archive");
  await expect.poll(() => readdirSync(temporary, { recursive: true }).length).toBeGreaterThan(1);
  child.kill("SIGINT");
  expect((await end).code).toBe(130);
  expect(readdirSync(temporary)).toEqual([]);
});

describe.skipIf(!hasScript())("on a real terminal of 80 columns", () => {
  /** Starts a command line in a terminal of its own. */
  function onTerminal(...words: readonly string[]): ChildProcess {
    const line = [process.execPath, builtScript(), ...words].map((word) => `'${word}'`).join(" ");
    return track(
      spawn("script", ["-qec", `stty cols 80 rows 24 && exec ${line}`, "/dev/null"], {
        stdio: ["pipe", "pipe", "pipe"],
        env: { ...process.env, TERM: "xterm", NO_COLOR: "" },
      }),
    );
  }

  it("tables fit", async () => {
    const { code, stdout } = await ended(onTerminal("tags", `${at("images")}/app`));
    expect(code).toBe(0);
    const rows = stdout.replaceAll("\r", "").trimEnd().split("\n");
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row).toMatch(/^\w+ +sha256:\w{12} {2}\d+ B$/);
  });

  it("progress fits, and Ctrl-C ends the command with 130", async () => {
    const isReached: Promise<void> = new Promise((resolve) => {
      reached = resolve;
    });
    const child = onTerminal("copy", place, at("new.tar"));
    const end = ended(child);
    let shown = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      shown += chunk.toString();
    });
    await isReached;
    await expect.poll(() => shown).toMatch(/ {2}sha256:\w{12} {2}\d+ B of 3\.1 kB {2}\d+%.*\/s/);
    child.stdin?.write("\u0003");
    const { code, stdout } = await end;
    expect(code).toBe(130);
    // The progress was erased just before the message.
    expect(stdout.endsWith("\u001b[Jocilayout: interrupted\r\n")).toBe(true);
    for (const row of stripVTControlCharacters(stdout).split(/\r?\n/)) expect(row.length).toBeLessThan(80);
    expect(existsSync(at("new.tar"))).toBe(false);
  });
});

/** Whether util-linux's script is installed. CI requires it. */
function hasScript(): boolean {
  const found = spawnSync("script", ["--version"], { encoding: "utf8" });
  if (found.status === 0 && found.stdout.includes("util-linux")) return true;
  if (process.env["OCILAYOUT_CI"] !== undefined && process.platform === "linux")
    throw new Error("script of util-linux is needed in CI");
  console.info("skipped: the command on a real terminal, because script of util-linux is not installed");
  return false;
}
