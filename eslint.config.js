import js from "@eslint/js";
import { globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

import { browserSafe, layers } from "./tools/lint/layers.js";
import { noSpreadData } from "./tools/lint/no-spread-data.js";

/** The only modules of layout-core that use the file system or the host. They import nothing from other folders. */
const diskModules = ["packages/layout-core/src/disk/**"];

/** The modules that open files and make or remove directories. They first check that each belongs to the layout. */
const diskDoors = [
  "disk/disk",
  "disk/regular-file",
  "disk/own-directory",
  "disk/atomic-file",
  "disk/sync-directory",
  "lock/lock-record",
].map((name) => `packages/layout-core/src/${name}.ts`);

/** Forbids calls such as `disk.open` and `this.disk.open`. */
function unguarded(name) {
  const selector = `CallExpression[callee.property.name=/^(open|mkdir|rmdir|list|readFile)$/][callee.object.${name}='disk']`;
  return {
    selector,
    message: "Open files with regular-file.ts and use directories with own-directory.ts: they reject links.",
  };
}

/** Forbidden in every source. A later rule of the same name replaces this one, so it must include these. */
const restrictedSyntax = [
  {
    selector: "MemberExpression[object.property.name='env'][property.value='CI']",
    message: "Use OCILAYOUT_CI, which .ci/run sets: other CI services set CI.",
  },
];

const nodeModules = {
  regex: "^node:",
  message: "This module must not import modules of Node (docs/decisions/0002).",
};
/** Keeps disk/ at the bottom of layout-core. */
const above = { regex: "^\\.\\./", message: "disk/ must not import from other folders." };
const outsidePackage = {
  regex: "^\\.\\.?/.*/(packages|apps|tools)/|(^|/)src/",
  message: "Import a package by its name.",
};

function siblings(allowed) {
  const names = allowed.map((name) => `${name}(?:/|$)`).join("|");
  return {
    regex: allowed.length === 0 ? "^@ocilayout/" : `^@ocilayout/(?!${names})`,
    message: "The layering forbids this import (docs/decisions/0002).",
  };
}

function restrict(files, ...patterns) {
  return {
    files,
    rules: { "no-restricted-imports": ["error", { patterns: [...patterns, outsidePackage] }] },
  };
}

export default tseslint.config(
  globalIgnores([
    "**/dist/",
    "**/coverage/",
    "**/.turbo/",
    "**/fixtures/",
    ".demo/",
    "tools/checks/consumer/",
    "**/generated/",
    ".stryker-tmp/",
    "tools/mutation/reports/",
    "tools/lint/layers.d.ts",
  ]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // isolatedDeclarations requires the types of exported constants.
      "@typescript-eslint/no-inferrable-types": "off",
      "@typescript-eslint/consistent-generic-constructors": ["error", "type-annotation"],
      // Messages contain numbers.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      // An async function that validates before its first await rejects instead of throwing.
      "@typescript-eslint/require-await": "off",
      // The reason of a signal can be any value, and is passed on unchanged.
      "@typescript-eslint/prefer-promise-reject-errors": ["error", { allowThrowingUnknown: true }],
      "@typescript-eslint/only-throw-error": [
        "error",
        { allowThrowingAny: false, allowThrowingUnknown: true },
      ],
      eqeqeq: "error",
      "no-console": "error",
      "no-restricted-syntax": ["error", ...restrictedSyntax],
    },
  },
  ...Object.entries(layers).map(([name, allowed]) =>
    restrict(
      [`packages/${name}/src/**/*.ts`],
      siblings(allowed),
      ...(browserSafe.includes(name) ? [nodeModules] : []),
    ),
  ),
  {
    files: ["packages/layout-core/src/**"],
    ignores: diskModules,
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            siblings(layers["layout-core"]),
            outsidePackage,
            { regex: "^node:(?!(path|crypto)$)", message: nodeModules.message },
          ],
        },
      ],
    },
  },
  restrict(diskModules, siblings(layers["layout-core"]), above),
  {
    // Only these modules call the file system. The other modules of this folder use its constants.
    files: diskModules,
    ignores: ["disk", "direct-disk", "local-file-system", "system"].map(
      (name) => `packages/layout-core/src/disk/${name}.ts`,
    ),
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            siblings(layers["layout-core"]),
            outsidePackage,
            {
              regex: "^node:fs",
              allowImportNamePattern: "^constants$",
              message: "Call the file system with disk/disk.ts.",
            },
            above,
          ],
        },
      ],
    },
  },
  {
    // Only these modules open files and change directories, because they check each first.
    files: ["packages/layout-core/src/**"],
    ignores: diskDoors,
    rules: {
      "no-restricted-syntax": ["error", ...restrictedSyntax, ...["name", "property.name"].map(unguarded)],
    },
  },
  {
    files: ["packages/oci-server/src/**"],
    ignores: ["packages/oci-server/src/node.ts", "packages/oci-server/src/node/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [siblings(layers["oci-server"]), outsidePackage, nodeModules] },
      ],
    },
  },
  {
    // The number and depth of entries, manifests and directories are unbounded.
    files: ["{packages,apps,tools}/*/src/**/*.ts"],
    plugins: { ocilayout: { rules: { "no-spread-data": noSpreadData } } },
    rules: {
      "ocilayout/no-spread-data": "error",
      "no-restricted-globals": [
        "error",
        {
          name: "structuredClone",
          message: "structuredClone recurses, so deep data overflows the stack: use cloneJson.",
        },
      ],
    },
  },
  {
    // A spy calls the original method with the receiver of its own call.
    files: ["**/test/**"],
    rules: { "@typescript-eslint/unbound-method": "off" },
  },
  {
    // Programs print to the terminal, and skipped tests print the reason.
    files: ["apps/**", "tools/**", "**/test/**"],
    rules: { "no-console": "off" },
  },
  {
    files: ["**/*.{js,mjs}"],
    languageOptions: {
      globals: { console: "readonly", process: "readonly", URL: "readonly", Buffer: "readonly" },
    },
  },
);
