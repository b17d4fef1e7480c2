import { defineRegistry } from "@ocilayout/oci-backend";
import type { Registry, RegistryCapabilities } from "@ocilayout/oci-types";
import { expect, it } from "vitest";

import type { ConformanceOptions } from "../src/index.ts";
import { runConformance } from "../src/index.ts";
import { createMemoryRegistry } from "../src/memory/index.ts";

const memory = (capabilities?: Partial<RegistryCapabilities>): Registry => ({
  ...createMemoryRegistry(),
  capabilities,
});
const only = ["MOUNT", "UNSUPPORTED-05"];

async function statuses(registry: () => Registry, options: Partial<ConformanceOptions> = {}) {
  const { results } = await runConformance({ create: () => ({ registry: registry() }), only, ...options });
  return Object.fromEntries(results.map(({ id, status }) => [id, status]));
}

it("the kit reads a registry's capabilities and tests exactly these", async () => {
  const { mountBlob } = defineRegistry({});
  const without = (): Registry => ({ ...memory({ mount: false }), mountBlob });
  expect(await statuses(without)).toEqual({ "UNSUPPORTED-05": "pass" });
});

it("the kit catches a registry that has a capability set to false", async () => {
  expect(await statuses(() => memory({ mount: false }))).toEqual({ "UNSUPPORTED-05": "fail" });
});

it("the kit catches a registry that lacks a capability set to true", async () => {
  const { mountBlob } = defineRegistry({});
  const found = await statuses(() => ({ ...memory({ mount: true }), mountBlob }));
  expect(new Set(Object.values(found))).toEqual(new Set(["fail"]));
});

it("capabilities in the options override the registry's, name by name", async () => {
  const found = await statuses(() => memory({ mount: false, persistent: false }), {
    capabilities: { mount: true },
    only: [...only, "OPEN-08"],
  });
  expect(found).toMatchObject({ "MOUNT-01": "pass", "OPEN-08": "skip" });
  expect(Object.keys(found)).not.toContain("UNSUPPORTED-05");
});

it("unknown names and invalid values in a registry's capabilities are ignored", async () => {
  const strange = { mont: false, mount: undefined, referrers: null } as unknown as RegistryCapabilities;
  expect(await statuses(() => memory(strange), { only: "MOUNT-01" })).toEqual({ "MOUNT-01": "pass" });
});

it("a run is rejected if the registry's capabilities leave no case", async () => {
  await expect(statuses(() => memory({ mount: false }), { only: "MOUNT" })).rejects.toThrow(RangeError);
});

it("every case reports an error if the target cannot be created", async () => {
  const failing = (): Registry => {
    throw new Error("no such luck");
  };
  expect(new Set(Object.values(await statuses(failing)))).toEqual(new Set(["error"]));
});
