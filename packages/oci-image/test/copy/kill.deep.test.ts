import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { collect, type Registry } from "@ocilayout/oci-types";
import { temporaryDirectory } from "@ocilayout/testing";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { everythingOf, pushImage, pushIndex, repository } from "./content.ts";

/** Bundles the program of `workers/copy-layout.ts` as one file below `into`, which any Node can run. Returns its path. */
async function bundle(into: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: "error",
    ssr: { noExternal: true, resolve: { conditions: ["@ocilayout/source"] } },
    build: {
      ssr: join(import.meta.dirname, "workers", "copy-layout.ts"),
      outDir: into,
      target: "node20",
      rolldownOptions: { output: { entryFileNames: "copy-layout.mjs" } },
    },
  });
  return join(into, "copy-layout.mjs");
}

/** Whether the repository `b` of `target` has the tag `tag`. */
async function has(target: Registry, tag: string): Promise<boolean> {
  return target.resolveTag("b", tag).then(
    () => true,
    (error: unknown) => {
      expect(error).toMatchObject({ code: /UNKNOWN$/ });
      return false;
    },
  );
}

describe.skipIf(process.platform === "win32")("a copy in a process that is killed again and again", () => {
  let script: string;
  const built = mkdtempSync(join(tmpdir(), "oci-image-"));
  beforeAll(async () => {
    script = await bundle(built);
  });
  afterAll(() => {
    rmSync(built, { recursive: true });
  });

  /** Runs the copy, and kills the process `delayMs` after it has begun. Returns its output. */
  async function run(from: string, to: string, delayMs: number): Promise<string[]> {
    const child = spawn(process.execPath, [script, from, to], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (data: Buffer) => {
      if (output === "") setTimeout(() => child.kill("SIGKILL"), delayMs).unref();
      output += data.toString();
    });
    await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const lines = output.split("\n");
    // The last line may be incomplete.
    lines.pop();
    return lines;
  }

  it("ends complete, and pushes no finished blob again", async () => {
    const [from, to] = [temporaryDirectory(), temporaryDirectory()];
    const source = await openLayout(from, { durability: "none" });
    const images = [];
    for (let i = 0; i < 10; i += 1) {
      const layers = [0, 1].map((n) => `${i}.${n}`.repeat(100_000));
      images.push(await pushImage(source, `${i}`, { layers: ["shared".repeat(50_000), ...layers] }));
    }
    const nested = await pushIndex(source, images.slice(5));
    await pushIndex(source, [...images.slice(0, 5), nested], { tags: ["v1"] });

    const finished: Set<string> = new Set();
    const delays: number[] = [];
    const started = performance.now();
    for (let isComplete = false; !isComplete;) {
      // After ten seconds, a copy may run to its end.
      const isLast = performance.now() - started > 10_000;
      const delayMs = isLast ? 60_000 : Math.floor(Math.random() * (40 + 5 * delays.length));
      delays.push(delayMs);
      const lines = await run(from, to, delayMs);
      const context = `killed after ${delays.join(", ")} ms`;
      expect(lines[0], context).toBe("begin");
      for (const line of lines) {
        const [what, digest = ""] = line.split(" ");
        if (what === "push") expect(finished.has(digest), context).toBe(false);
        if (what === "copied") finished.add(digest);
      }
      isComplete = lines.at(-1) === "end";
      if (isLast) expect(isComplete, context).toBe(true);
      await using target = await openLayout(to);
      const errors = (await collect(target.verify())).filter(({ severity }) => severity === "error");
      expect(errors, context).toEqual([]);
      // A process may be killed after the tag is set and before it reports this.
      if (isComplete || (await has(target, "v1")))
        expect(await everythingOf(target, "b", "v1")).toEqual(await everythingOf(source, repository, "v1"));
    }
    expect(delays.length).toBeGreaterThan(3);
    await source.close();
  }, 120_000);
});
