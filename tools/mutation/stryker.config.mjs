/** Modules that no call of the Registry interface uses (README.md), and those that work with files. */
const beyond = [
  "blobs/**",
  "disk/**",
  "lock/**",
  "find/**",
  "maintenance/**",
  "index-json/index-file.ts",
  "registry/list-manifests.ts",
  "uploads/upload-files.ts",
  "uploads/upload-record.ts",
  "layout-store.ts",
  "mount-between.ts",
  "mount-from.ts",
  "index.ts",
];

export default {
  packageManager: "pnpm",
  plugins: [import.meta.resolve("@stryker-mutator/vitest-runner"), import.meta.resolve("./ignore.mjs")],
  testRunner: "vitest",
  vitest: { configFile: "tools/mutation/vitest.config.js", related: false },
  mutate: ["packages/layout-core/src/**/*.ts", ...beyond.map((path) => `!packages/layout-core/src/${path}`)],
  ignorers: ["what-nobody-promises"],
  // Stryker copies only these files. The linked node_modules contain everything else.
  ignorePatterns: ["**", "!packages/layout-core/src/**", "!tools/mutation/*.{js,ts}", "!tsconfig.base.json"],
  disableTypeChecks: false,
  coverageAnalysis: "perTest",
  ignoreStatic: true,
  concurrency: 1,
  // Longer than the kit's timeout for a case, so that a hanging call fails its case first.
  timeoutMS: 12_000,
  // The total score. README.md has the measured scores. It was 70 while layout-core had the code that oci-backend has now.
  thresholds: { high: 90, low: 75, break: 55 },
  reporters: ["clear-text", "progress-append-only", "json", "html"],
  clearTextReporter: { reportTests: false, allowColor: false },
  jsonReporter: { fileName: "tools/mutation/reports/mutation.json" },
  htmlReporter: { fileName: "tools/mutation/reports/mutation.html" },
};
