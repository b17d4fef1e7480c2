import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { LayoutRegistry } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import { collect, isRegistryError } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { buildImage, pushImage, type Image } from "./images.ts";
import { has, skopeoIn, umociIn, type Run } from "./programs.ts";
import { errorsOf, shareLayout } from "./shared-layout.ts";

const ROUNDS_MS = 2_500;
const base = buildImage("base");
const theirs = buildImage("theirs");

/** The result of writing while another program writes. */
interface Outcome {
  readonly registry: LayoutRegistry;
  /** The acknowledged digests, by tag. */
  readonly pushed: ReadonlyMap<string, Image>;
  /** The number of writes of the other program. */
  readonly rounds: number;
  /** The errors of our calls. */
  readonly failures: readonly unknown[];
  /** How often `index.json` was incomplete when read directly. */
  readonly torn: number;
}

/**
 * Runs two registries that push and read while `write` repeatedly writes to the same layout. The other programs take no
 * lock. They read the index, change it and replace it, and so can lose our changes.
 */
async function together(
  program: (cwd: string) => Run,
  write: (run: Run, round: number) => Promise<unknown>,
): Promise<Outcome> {
  const { cwd, registry } = await shareLayout("app");
  await pushImage(registry, "app", base, "base");
  await using source = await openLayout(join(cwd, "source"), { defaultRepository: "app" });
  await pushImage(source, "app", theirs, "theirs");
  await using second = await openLayout(join(cwd, "layout"), { defaultRepository: "app" });
  const until = Date.now() + ROUNDS_MS;
  const pushed: Map<string, Image> = new Map();
  const failures: unknown[] = [];
  let rounds = 0;
  let torn = 0;

  const others = async (): Promise<void> => {
    const run = program(cwd);
    for (; Date.now() < until || rounds === 0; rounds += 1) await write(run, rounds);
  };
  const ours = async (name: string, instance: LayoutRegistry): Promise<void> => {
    for (let i = 0; Date.now() < until || i === 0; i += 1) {
      const tag = `${name}-${i}`;
      const image = buildImage(tag);
      try {
        await pushImage(instance, "app", image, tag);
        pushed.set(tag, image);
        await (await instance.getTag("app", "base")).bytes();
        await collect(instance.tags("app"));
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const looking = async (): Promise<void> => {
    while (Date.now() < until) {
      try {
        JSON.parse(readFileSync(join(cwd, "layout/index.json"), "utf8"));
      } catch {
        torn += 1;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  await Promise.all([others(), ours("a", registry), ours("b", second), looking()]);
  return { registry, pushed, rounds, failures, torn };
}

/** Checks what holds beside any other writer: stored content is correct, and lost changes can be pushed again. */
async function expectWhole({ registry, pushed }: Outcome): Promise<void> {
  for (const [tag, image] of pushed) {
    const found = await registry.resolveTag("app", tag).catch((error: unknown) => error);
    expect(isRegistryError(found, "MANIFEST_UNKNOWN") ? image.descriptor : found).toEqual(image.descriptor);
  }
  expect(await errorsOf(registry)).toEqual([]);
  for (const [tag, image] of pushed) await pushImage(registry, "app", image, tag);
  expect(await collect(registry.tags("app"))).toEqual(expect.arrayContaining([...pushed.keys(), "base"]));
  expect(await errorsOf(registry)).toEqual([]);
}

describe("a program that writes at the same time without our lock", () => {
  // skopeo writes `index.json` and `oci-layout` in place. Readers see them incomplete, and ours retry.
  it.skipIf(!has("skopeo"))("makes no call fail and leaves a sound layout: skopeo", async () => {
    const outcome = await together(skopeoIn, (skopeo, round) =>
      skopeo("copy", "oci:source:theirs", `oci:layout:theirs-${round % 10}`),
    );
    expect(outcome.failures).toEqual([]);
    await expectWhole(outcome);
  });

  it.skipIf(!has("umoci"))("makes no call fail and leaves a sound index at every moment: umoci", async () => {
    const outcome = await together(umociIn, (umoci, round) =>
      umoci("tag", "--image", "layout:base", `theirs-${round % 10}`),
    );
    expect(outcome.failures).toEqual([]);
    expect(outcome.torn).toBe(0);
    await expectWhole(outcome);
  });
});
