import js from "@eslint/js";
import { globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

import { browserSafe, layers } from "./tools/lint/layers.js";
import { noSpreadData } from "./tools/lint/no-spread-data.js";

/** The only modules of layout-core that touch the machine. They import nothing above them. */
const diskModules = ["packages/layout-core/src/disk/**"];

/** Those of them that open files and make or remove directories, having looked that these are the layout's own. */
const diskDoors = [
  "disk/disk",
  "disk/regular-file",
  "disk/own-directory",
  "disk/atomic-file",
  "lock/lock-record",
].map((name) => `packages/layout-core/src/${name}.ts`);

/** A call of `disk.open` and the like, whichever way the disk is reached. */
function unguarded(name) {
  const selector = `CallExpression[callee.property.name=/^(open|mkdir|rmdir|list|readFile)$/][callee.object.${name}='disk']`;
  return {
    selector,
    message: "Open files and use directories by way of regular-file.ts and own-directory.ts.",
  };
}

/** What no source may say. A rule of the same name for some files replaces this one, so it has to begin with these. */
const restrictedSyntax = [
  {
    selector: "MemberExpression[object.property.name='env'][property.value='CI']",
    message: "Only OCILAYOUT_CI, which .ci/run sets, may decide what a test insists on.",
  },
];

const nodeModules = {
  regex: "^node:",
  message: "This module is pure: it must not touch the machine (docs/decisions/0002).",
};
/** What keeps disk/ at the bottom of layout-core. */
const above = { regex: "^\\.\\./", message: "disk/ imports nothing above it." };
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
  ]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // isolatedDeclarations wants the types of exported constants written out.
      "@typescript-eslint/no-inferrable-types": "off",
      "@typescript-eslint/consistent-generic-constructors": ["error", "type-annotation"],
      // Numbers in messages are what templates are for.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      // `??=` and async functions that validate before their first await are how refusals become rejections.
      "@typescript-eslint/require-await": "off",
      // A signal's reason may be anything, and is passed on as it is.
      "@typescript-eslint/prefer-promise-reject-errors": ["error", { allowThrowingUnknown: true }],
      "@typescript-eslint/only-throw-error": [
        "error",
        { allowThrowingAny: false, allowThrowingUnknown: true },
      ],
      eqeqeq: "error",
      "no-console": "error",
      // Every CI service sets CI, also for who only runs the tests.
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
    // One module calls the file system; the others of this folder know its types and constants.
    files: diskModules,
    ignores: ["packages/layout-core/src/disk/disk.ts", "packages/layout-core/src/disk/system.ts"],
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
              message: "Call the file system by way of disk/disk.ts.",
            },
            above,
          ],
        },
      ],
    },
  },
  {
    // A layout's files are opened, and its directories used, by the modules that look at them first.
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
    // Entries, manifests and directories are as many as somebody else likes, and as deep.
    files: ["{packages,apps,tools}/*/src/**/*.ts"],
    plugins: { ocilayout: { rules: { "no-spread-data": noSpreadData } } },
    rules: {
      "ocilayout/no-spread-data": "error",
      "no-restricted-globals": [
        "error",
        {
          name: "structuredClone",
          message: "It recurses, and deep data overflows the stack: use cloneJson.",
        },
      ],
    },
  },
  {
    // A spy calls the method it took the place of, with the receiver it was called on.
    files: ["**/test/**"],
    rules: { "@typescript-eslint/unbound-method": "off" },
  },
  {
    // Programs for a terminal speak to it, and a test that is skipped says why.
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
