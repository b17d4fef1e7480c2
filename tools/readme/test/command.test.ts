import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";

import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { serve } from "@ocilayout/oci-server/node";
import { run } from "ocilayout";
import { expect, it } from "vitest";

const readme = readFileSync(join(import.meta.dirname, "../../../README.md"), "utf8");
const [, block = ""] = /tools\/readme\/test\/command\.test\.ts\. -->\s+```sh\n(.*?)```/s.exec(readme) ?? [];
const shown = block
  .trim()
  .split("\n")
  .map((line) => line.replace(/ +# .*$/, ""));

/** Runs a command line. `serve` ends when it has printed its address. */
async function ocilayout(
  words: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const controller = new AbortController();
  const said = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr"): Writable & { isTTY: boolean } =>
    Object.assign(
      new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          said[name] += chunk.toString();
          if (words[0] === "serve" && name === "stdout") controller.abort();
          done();
        },
      }),
      { isTTY: false },
    );
  const streams = { stdout: sink("stdout"), stderr: sink("stderr") };
  const code = await run(words, { ...streams, signal: controller.signal });
  return { code, ...said };
}

it("the ten lines of the command run from top to bottom", async () => {
  const directory = mkdtempSync(join(tmpdir(), "ocilayout-lines-"));
  const server = await serve(createMemoryRegistry(), { port: 0, writable: true });
  const at = (name: string): string => join(directory, name);
  try {
    // An image of the registry of this test takes the place of that of Docker Hub.
    const image = `127.0.0.1:${server.port}/library/alpine:3.20`;
    writeFileSync(at("hostname"), "localhost\n");
    writeFileSync(at("README.md"), "# Read me\n");
    for (const words of [
      ...["amd64", "arm64"].flatMap((architecture) => [
        [
          "init",
          `${at("made")}${architecture === "amd64" ? "//" : "/"}alpine:${architecture}`,
          "--platform",
          `linux/${architecture}`,
        ],
        ["append", `${at("made")}/alpine:${architecture}`, at("hostname"), "--to", "/etc"],
      ]),
      ["index", `${at("made")}/alpine:3.20`, "amd64", "arm64"],
      ["copy", `${at("made")}/alpine:3.20`, image],
    ])
      expect(await ocilayout(words)).toMatchObject({ code: 0, stderr: "" });
    expect(shown).toHaveLength(10);
    for (const line of shown) {
      const [name, verb = "", ...words] = line.split(" ");
      expect(name).toBe("ocilayout");
      const real = words.map((word) =>
        word
          .replace("docker://alpine:3.20", `docker://${image}`)
          .replace(/^(?=images\b|README\.md$|mine\.tar$)/, `${directory}/`),
      );
      const more = verb === "serve" ? ["--port", "0"] : [];
      const { code, stdout, stderr } = await ocilayout([verb, ...real, ...more]);
      // diff exits with 1 if there are differences.
      const rest = stderr.replace(/^ocilayout: (?:created the layout |as a place: docker:\/\/).*\n/, "");
      expect({ line, code, rest }).toEqual({ line, code: verb === "diff" ? 1 : 0, rest: "" });
      expect(stdout).not.toBe("");
      if (verb === "extract") expect(stdout).toBe("localhost\n");
      if (verb === "diff") expect(stdout).toContain("+ file  /docs/README.md");
    }
  } finally {
    await server.close();
    rmSync(directory, { recursive: true });
  }
});
