import { writeFileSync } from "node:fs";

import { openLayout } from "@ocilayout/layout-core";
import { ociMediaTypes } from "@ocilayout/oci-types";

import { describe, manifest } from "../content.ts";
import { time, withDirectory } from "../measure.ts";
import { openTagged } from "./fixtures.ts";
import { drawChart, type Series } from "./svg.ts";

const SIZES = [1_000, 10_000, 100_000] as const;
const RUNS = 21;

/** The operations of the chart, in the order of {@link measure}. */
const NAMES = [
  "open, resolve a tag",
  "push a manifest and a tag",
  "delete a tag",
  "get a manifest",
  "resolve a tag",
] as const;

/** Measures each operation in a layout of `count` tags. Returns the medians, in microseconds. */
async function measure(directory: string, count: number): Promise<readonly number[]> {
  await using registry = await openTagged(directory, count);
  const { digest } = describe(manifest("shared 1"), "");
  const many = 100;
  const perCall = async (run: (number: number) => Promise<unknown>): Promise<number> =>
    (await time(RUNS, async (number) => {
      for (let i = 0; i < many; i += 1) await run(number * many + i);
    })) / many;
  const times = [
    await time(RUNS, async () => {
      await using other = await openLayout(directory, { durability: "none" });
      await other.resolveTag("a", "t1");
    }),
    await time(RUNS, (number) =>
      registry.pushManifest("a", manifest(`new ${number}`), ociMediaTypes.imageManifest, {
        tags: [`new${number}`],
      }),
    ),
    await time(RUNS, (number) => registry.deleteTag("a", `new${number}`)),
    await perCall(async () => (await registry.getManifest("a", digest)).bytes()),
    await perCall((number) => registry.resolveTag("a", `t${(number * 7919) % count}`)),
  ];
  return times.map((ms) => ms * 1_000);
}

/** Draws the cost of operations against the number of entries, and writes the drawing to `file`. */
export async function writeChart(file: string): Promise<void> {
  const measured: (readonly number[])[] = [];
  for (const count of SIZES) {
    measured.push(await withDirectory((directory) => measure(directory, count)));
    console.log(
      `${count} entries: ${
        measured
          .at(-1)
          ?.map((us) => us.toFixed(0))
          .join(", ") ?? ""
      } µs`,
    );
  }
  const series: Series[] = NAMES.map((name, at) => ({
    name,
    values: measured.map((times) => times[at] ?? 0),
  }));
  writeFileSync(file, drawChart(SIZES, series));
}
