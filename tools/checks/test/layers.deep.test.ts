import { join } from "node:path";

import { ESLint } from "eslint";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const eslint = new ESLint({ cwd: root });

/** Whether the lint rejects `code` as the content of `file`. */
async function rejects(file: string, code: string): Promise<boolean> {
  const [result] = await eslint.lintText(`${code}\n`, { filePath: join(root, file) });
  return result?.messages.some(({ ruleId }) => ruleId === "no-restricted-imports") === true;
}

describe("the layer rule", () => {
  it.each([
    ["packages/oci-types/src/index.ts", "@ocilayout/ociref"],
    ["packages/oci-types/src/index.ts", "node:crypto"],
    ["packages/ociref/src/index.ts", "@ocilayout/layout-core"],
    ["packages/ociref/src/index.ts", "node:path"],
    ["packages/layout-core/src/index.ts", "@ocilayout/layout-per-repo"],
    ["packages/layout-core/src/index.ts", "node:fs"],
    ["packages/layout-core/src/lock/lock.ts", "@ocilayout/layout-testkit"],
    ["packages/layout-core/src/index.ts", "../../oci-types/src/index.ts"],
    ["packages/layout-per-repo/src/index.ts", "@ocilayout/layout-testkit"],
    ["packages/layout-testkit/src/index.ts", "@ocilayout/layout-core"],
    ["packages/oci-server/src/node.ts", "@ocilayout/layout-core"],
    ["packages/layout-core/src/lock/lock.ts", "node:fs"],
    ["packages/layout-core/src/disk/atomic-file.ts", "node:fs"],
    ["packages/layout-core/src/disk/disk.ts", "../lock/lock.ts"],
    ["packages/layout-core/src/disk/system.ts", "../lock/lock.ts"],
    ["packages/layout-core/src/disk/atomic-file.ts", "../lock/lock.ts"],
    ["packages/oci-backend/src/index.ts", "node:crypto"],
    ["packages/oci-image/src/index.ts", "@ocilayout/layout-core"],
    ["packages/oci-server/src/endpoints/handle.ts", "node:http"],
    ["packages/oci-server/src/endpoints/handle.ts", "@ocilayout/layout-core"],
  ])("forbids %s to import %s", async (file, name) => {
    expect(await rejects(file, `import { something } from "${name}";`)).toBe(true);
  });

  it.each([
    ["packages/ociref/src/index.ts", "@ocilayout/oci-types"],
    ["packages/layout-core/src/index.ts", "node:path"],
    ["packages/layout-core/src/disk/disk.ts", "node:fs"],
    ["packages/layout-core/src/lock/lock.ts", "@ocilayout/ociref"],
    ["packages/oci-server/src/node.ts", "node:http"],
    ["packages/oci-server/src/node/listener.ts", "node:http"],
  ])("allows %s to import %s", async (file, name) => {
    expect(await rejects(file, `import { something } from "${name}";`)).toBe(false);
  });
});
