import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Project } from "./installed-kit.ts";

/** The modules of `targets/`. */
export const targets = ["memory", "broken", "hanging"] as const;

/** The result of one case in any runner. */
export interface Verdict {
  readonly status: "passed" | "failed" | "skipped";
  /** The text that the runner reports if the case did not pass. */
  readonly told: string;
}

/** The results by target and case id. */
export type Verdicts = Readonly<Record<string, Readonly<Record<string, Verdict>>>>;

interface Told extends Verdict {
  readonly target: string;
  readonly title: string;
}

/** Runs the command on each target. */
export async function askCommand(project: Project): Promise<Verdicts> {
  const found: Told[] = [];
  for (const target of targets) {
    await project.command(`./${target}.mjs`, "--json", "report.json");
    const { results } = await readJson<{ results: { id: string; status: string; message?: string }[] }>(
      project,
      "report.json",
    );
    const words: Record<string, Verdict["status"]> = { pass: "passed", skip: "skipped" };
    found.push(
      ...results.map(({ id, status, message = "" }) => ({
        target,
        title: id,
        status: words[status] ?? "failed",
        told: message,
      })),
    );
  }
  return byTarget(found);
}

/** Runs vitest on a file with a suite for each target. Also returns its output. */
export async function askVitest(project: Project): Promise<{ verdicts: Verdicts; printed: string }> {
  await project.write("in-vitest.test.mjs", testFile("vitest"));
  // This limit is too short for a case that hangs: only the kit's own limit must apply.
  await project.write(
    "vitest.config.mjs",
    'export default { test: { include: ["*.test.mjs"], testTimeout: 20 } };',
  );
  const options = [
    "--config",
    "vitest.config.mjs",
    "--reporter=default",
    "--reporter=json",
    "--outputFile.json=report.json",
  ];
  const { stdout } = await project.node("node_modules/vitest/vitest.mjs", "run", ...options);
  const lines = stdout.split("\n");
  interface Assertion {
    ancestorTitles: string[];
    title: string;
    status: string;
    failureMessages: string[];
  }
  const { testResults } = await readJson<{ testResults: { assertionResults: Assertion[] }[] }>(
    project,
    "report.json",
  );
  const found = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .map(({ ancestorTitles, title, status, failureMessages }): Told => {
      const target = ancestorTitles[0] ?? "";
      if (status === "passed" || status === "failed")
        return { target, title, status, told: failureMessages.join("\n") };
      return {
        target,
        title,
        status: "skipped",
        told: lines.filter((line) => line.includes(`${idOf(title)}  skipped`)).join("\n"),
      };
    });
  return { verdicts: byTarget(found), printed: stdout };
}

/** Runs a file with a `node:test` suite for each target. */
export async function askNodeTest(project: Project): Promise<Verdicts> {
  await project.write("in-node.mjs", testFile("node-test"));
  await project.write(
    "reporter.mjs",
    `export default async function* (events) {
       let cases = [];
       for await (const { type, data } of events) {
         if (type !== "test:pass" && type !== "test:fail") continue;
         if (data.nesting === 1) {
           const error = data.details.error?.cause ?? data.details.error;
           const status = data.skip !== undefined ? "skipped" : type === "test:pass" ? "passed" : "failed";
           cases.push({ title: data.name, status, told: data.skip ?? error?.stack ?? "" });
         } else if (data.nesting === 0) {
           for (const it of cases) yield JSON.stringify({ target: data.name, ...it }) + "\\n";
           cases = [];
         }
       }
     }`,
  );
  const { stdout } = await project.node(
    "--test-reporter=./reporter.mjs",
    "--test-reporter-destination=stdout",
    "in-node.mjs",
  );
  return byTarget(
    stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Told),
  );
}

function testFile(entry: string): string {
  return [
    `import { describeRegistry } from "@ocilayout/layout-testkit/${entry}";`,
    ...targets.map((target) => `import * as ${target} from "./${target}.mjs";`),
    ...targets.map((target) => `describeRegistry("${target}", ${target}.default ?? ${target});`),
  ].join("\n");
}

function byTarget(all: readonly Told[]): Verdicts {
  const found: Record<string, Record<string, Verdict>> = {};
  for (const { target, title, status, told } of all) (found[target] ??= {})[idOf(title)] = { status, told };
  return found;
}

function idOf(title: string): string {
  return title.split(" ")[0] ?? "";
}

async function readJson<Content>(project: Project, name: string): Promise<Content> {
  return JSON.parse(await readFile(join(project.directory, name), "utf8")) as Content;
}
