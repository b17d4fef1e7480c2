// Compares the exports of each entry of a package with its report in etc/. With `--local`, writes the reports.
// Run it in the directory of the package, after a build.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";

const isLocal = process.argv.includes("--local");
const { name, exports } = JSON.parse(readFileSync("package.json", "utf8"));
const unscoped = name.slice(name.indexOf("/") + 1);
let hasFailed = false;

for (const [entry, { types }] of Object.entries(exports)) {
  if (types === undefined) continue;
  const configObject = ExtractorConfig.loadFile(join(import.meta.dirname, "api-extractor.json"));
  configObject.projectFolder = process.cwd();
  configObject.mainEntryPointFilePath = join(process.cwd(), types);
  configObject.apiReport.reportFileName = entry === "." ? unscoped : `${unscoped}-${entry.slice(2)}`;
  configObject.compiler.overrideTsconfig.include = [types];
  const config = ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: join(process.cwd(), "api-extractor.json"),
    packageJsonFullPath: join(process.cwd(), "package.json"),
  });
  const { succeeded } = Extractor.invoke(config, { localBuild: isLocal });
  hasFailed ||= !succeeded;
}

process.exitCode = hasFailed ? 1 : 0;
