import { rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { MAX_STEPS } from "../../src/layers/limits.ts";
import { collectPaths, directory, file, imageOf, link, pathsOf, symlink } from "./images.ts";

// Advisories about the files of an image. The table of all advisories is in docs/security.md of the repository.

const tooMany = { code: "SIZE_INVALID", detail: { limit: MAX_STEPS } };

describe("GHSA-rp3h-jf77-q9p4 of containerd: time that grows faster than the layers", () => {
  const detour = "d/../".repeat(800);
  const chain = Array.from({ length: 39 }, (_, at) =>
    symlink(`l${at}`, `${detour}${at === 38 ? "end" : `l${at + 1}`}`),
  );
  const start = [directory("d"), directory("end"), ...chain];

  it("a few entries behind long chains of symlinks are found", async () => {
    expect(await pathsOf([...start, file("l0/x"), link("y", "l0/x")])).toContain("/end/x");
  });

  it("many entries behind long chains of symlinks are SIZE_INVALID", async () => {
    const entries = Array.from({ length: 400 }, (_, at) => file(`l0/${at}`, ""));
    expect(await rejection(pathsOf([...start, ...entries]))).toMatchObject(tooMany);
  });

  it("many whiteouts behind long chains of symlinks are SIZE_INVALID", async () => {
    const entries = Array.from({ length: 400 }, (_, at) => file(`l0/.wh.${at}`, ""));
    expect(await rejection(pathsOf([...start, ...entries]))).toMatchObject(tooMany);
  });

  it("many hard links behind long chains of symlinks are SIZE_INVALID", async () => {
    const entries = Array.from({ length: 400 }, (_, at) => link(`${at}`, "l0/x"));
    expect(await rejection(pathsOf([...start, file("end/x"), ...entries]))).toMatchObject(tooMany);
  });

  it("many hard links through many layers are SIZE_INVALID", async () => {
    const deep = "d/".repeat(1000);
    const links = Array.from({ length: 600 }, (_, at) => link(`${at}`, `${deep}x`));
    const { at } = await imageOf(
      [file(`${deep}x`)],
      ...Array.from({ length: 20 }, () => [directory(deep)]),
      links,
    );
    expect(await rejection(collectPaths(at))).toMatchObject(tooMany);
  });
});
