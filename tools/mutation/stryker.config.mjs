/** Modules that no call of the Registry interface comes by: see README.md. */
const beyond = [
  "find-layout",
  "garbage",
  "image-config",
  "mount-between",
  "platform",
  "untagged",
  "verify",
  "verify-content",
  "verify-entries",
  "verify-files",
  "walk-manifest",
];

export default {
  packageManager: "pnpm",
  plugins: [import.meta.resolve("@stryker-mutator/vitest-runner"), import.meta.resolve("./ignore.mjs")],
  testRunner: "vitest",
  vitest: { configFile: "tools/mutation/vitest.config.js", related: false },
  mutate: ["packages/layout-core/src/*.ts", `!packages/layout-core/src/{${beyond.join(",")}}.ts`],
  ignorers: ["what-nobody-promises"],
  // Only this is copied; everything else is found by way of the linked node_modules.
  ignorePatterns: ["**", "!packages/layout-core/src/**", "!tools/mutation/*.{js,ts}", "!tsconfig.base.json"],
  disableTypeChecks: false,
  coverageAnalysis: "perTest",
  ignoreStatic: true,
  concurrency: 1,
  // More than the kit gives a case: a call that hangs is a case that fails.
  timeoutMS: 12_000,
  // Of the whole; it only goes up. README.md says what it was measured at.
  thresholds: { high: 90, low: 75, break: 70 },
  reporters: ["clear-text", "progress-append-only", "json", "html"],
  clearTextReporter: { reportTests: false, allowColor: false },
  jsonReporter: { fileName: "tools/mutation/reports/mutation.json" },
  htmlReporter: { fileName: "tools/mutation/reports/mutation.html" },
};
