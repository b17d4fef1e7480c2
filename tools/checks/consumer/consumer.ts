// .ci/run compiles and runs this in an empty project with the packed tarballs.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openLayout, type LayoutRegistry } from "@ocilayout/layout-core";
import { createHandler } from "@ocilayout/oci-server";
import { serve } from "@ocilayout/oci-server/node";
import { defineRegistry } from "@ocilayout/oci-backend";
import { collect, isRegistryError, type Descriptor, type Registry } from "@ocilayout/oci-types";
import { parseReference } from "@ocilayout/ociref";
import { openTarget, runConformance, type ConformanceReport } from "@ocilayout/layout-testkit";
import { checkLayoutDirectory } from "@ocilayout/layout-testkit/layout";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";

const directory = mkdtempSync(join(tmpdir(), "consumer-"));
const layout: LayoutRegistry = await openLayout(directory);
const registry: Registry = layout;
const { tag = "latest", repository } = parseReference("example.com/team/app:v1");
const pushed: Descriptor = await registry.pushManifest(
  repository,
  new Uint8Array([1]),
  "application/x-thing",
  { tags: [tag] },
);
const tags: string[] = await collect(registry.tags(repository));
if (tags.join() !== "v1" || pushed.size !== 1)
  throw new Error("the layout does not have the pushed manifest");
const empty = defineRegistry({});
const refused = await empty.resolveTag("a", "b").catch((error: unknown) => error);
if (!isRegistryError(refused, "UNSUPPORTED")) throw new Error("an empty registry supports resolveTag");
const problems = await checkLayoutDirectory(directory);
if (problems.length > 0) throw new Error(`the layout has problems: ${JSON.stringify(problems)}`);
const listed = await createHandler(layout)(new Request(`http://localhost/v2/${repository}/tags/list`));
if (listed.status !== 200) throw new Error(`the handler returned status ${listed.status}`);
const server = await serve(layout, { port: 0 });
const served = await fetch(`${server.url}/v2/${repository}/manifests/v1`);
if ((await served.arrayBuffer()).byteLength !== 1)
  throw new Error("the server does not serve the pushed manifest");
await server.close();
await layout.close();
const report: ConformanceReport = await runConformance({
  only: "BLOB",
  create: () => openTarget(async () => createMemoryRegistry()),
});
if (!report.ok) throw new Error(String(report));
rmSync(directory, { recursive: true });
