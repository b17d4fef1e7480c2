/**
 * Follows the tutorial in the testkit's README, "Your first hour", in an empty project with the packed tarballs. After each
 * change of `target.js` the command must print the text in the README.
 *
 *   node tools/checks/first-hour.mjs [DIRECTORY OF TARBALLS] [--write]
 *
 * Without a directory, builds and packs the packages first. With --write, updates the README with the printed text.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";

const root = resolve(import.meta.dirname, "../..");
const readme = join(root, "packages/layout-testkit/README.md");
const heading = "## Your first hour\n";
const blocks = /```(javascript|text)\n(.*?)```/gs;
const names = ["oci-types", "ociref", "oci-backend", "layout-testkit"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: "boolean", default: false } },
});
const scratch = mkdtempSync(join(tmpdir(), "first-hour-"));
try {
  await main(positionals[0] === undefined ? pack(join(scratch, "packed")) : resolve(positionals[0]));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function main(packed) {
  const page = readFileSync(readme, "utf8");
  const start = page.indexOf(heading);
  if (start === -1) throw new Error(`${readme} has no section "Your first hour"`);
  const tutorial = page.slice(start, page.indexOf("\n## ", start + heading.length));
  const programs = programsOf(tutorial);
  const project = install(packed);
  const printed = await Promise.all(programs.map((program, stage) => run(project, program, stage)));
  for (const [stage, output] of printed.entries())
    console.log(`${stage === 0 ? "as it began" : `after change ${stage}`}: ${summaryOf(output)}`);

  const problems = [];
  let stage = -1;
  const written = tutorial.replace(blocks, (_block, language, content) => {
    if (language === "javascript") stage += 1;
    const now = language === "text" ? refresh(content, printed[stage]) : content;
    if (now !== content)
      problems.push(`after change ${stage} the README has\n\n${content}\nbut the command prints\n\n${now}`);
    return `\`\`\`${language}\n${now}\`\`\``;
  });
  const isGreen = / 0 failed, 0 errors,/.test(summaryOf(printed.at(-1)));
  if (!isGreen) throw new Error(`the last program still fails:\n\n${printed.at(-1)}`);
  if (values.write)
    writeFileSync(
      readme,
      page.replace(tutorial, () => written),
    );
  else if (problems.length > 0) {
    console.log(`\n${problems.join("\n\n")}\n\nnode tools/checks/first-hour.mjs --write updates the README`);
    process.exitCode = 1;
  }
}

/** Returns the first program, and the program after each change. */
function programsOf(tutorial) {
  const programs = [];
  for (const [, language, content] of tutorial.matchAll(blocks)) {
    if (language !== "javascript") continue;
    const [, marker, code] =
      /^\/\/ target\.js, (as it began|changed|as it is now)\n(.*)$/s.exec(content) ?? [];
    if (marker === undefined)
      throw new Error(`a block of code does not begin with "// target.js, changed" or the like:\n${content}`);
    programs.push(marker === "changed" ? change(programs.at(-1), code) : code);
  }
  return programs;
}

function pack(directory) {
  mkdirSync(directory);
  const pnpm = (cwd, ...args) =>
    execFileSync("npx", ["-y", "pnpm@12.21.0", ...args], { cwd, stdio: ["ignore", "ignore", "inherit"] });
  pnpm(root, "build");
  for (const name of names) pnpm(join(root, "packages", name), "pack", "--pack-destination", directory);
  return directory;
}

/** Makes a project with the kit and the packages that the kit needs. Returns its directory. */
function install(packed) {
  const project = join(scratch, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  const files = names.map(
    (name) =>
      readdirSync(packed).find((file) => new RegExp(`-${name}-[0-9].*\\.tgz$`).test(file)) ??
      `no-tarball-of-${name}`,
  );
  execFileSync("npm", ["install", "--no-audit", "--no-fund", ...files.map((file) => join(packed, file))], {
    cwd: project,
    stdio: ["ignore", "ignore", "inherit"],
  });
  return project;
}

/** Returns the output of the command for `program`. Each stage has a directory, so that all run at once. */
async function run(project, program, stage) {
  const cwd = join(project, String(stage));
  mkdirSync(cwd);
  writeFileSync(join(cwd, "target.js"), program);
  const command = join(project, "node_modules/.bin/layout-testkit");
  const child = spawn(command, ["./target.js", "--seed", "1"], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 300_000,
    killSignal: "SIGKILL",
  });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (code === 0 || code === 1) return printed;
  throw new Error(`the command failed after change ${stage}:\n\n${printed.slice(-2000)}`);
}

function summaryOf(printed) {
  return printed.trimEnd().split("\n").at(-1) ?? "";
}

/**
 * Returns a block of the README with current text from `printed`: the failures whose ids it has, and the counts. A block that
 * begins with a command line must begin with the first failure of the run.
 */
function refresh(content, printed) {
  const failures = printed
    .split("\n\n")
    .map((part) => part.replace(/^[0-9]+ cases? on .*\n/, "").replace(/^(\S+ +skipped: .*\n)+/, ""));
  const cases = printed.slice(0, printed.indexOf("\n"));
  let isFirst = content.startsWith("$ ");
  const parts = content
    .trimEnd()
    .split(/\n?^…\n/m)
    .map((part) => {
      const lines = part
        .split("\n")
        .map((line) =>
          /^[0-9]+ cases? on /.test(line) ? cases : /^[0-9]+ passed/.test(line) ? summaryOf(printed) : line,
        );
      const at = lines.findIndex(
        (line) => /^[A-Z]+-[0-9]+( {2}|$)/.test(line) && !/^\S+ +skipped: /.test(line),
      );
      if (at === -1) return lines.join("\n");
      const id = lines[at].split(" ")[0];
      const failure = failures.find((it) => it.startsWith(`${id}  `));
      if (failure === undefined) throw new Error(`${id} does not fail:\n${printed.slice(-2000)}`);
      // The text below the block explains this failure, so another one cannot take its place.
      if (isFirst && failure !== failures[0])
        throw new Error(`the first failure must be ${id}, but it is\n\n${failures[0]}`);
      isFirst = false;
      return [...lines.slice(0, at), failure].join("\n");
    });
  return `${parts.join("\n…\n")}\n`;
}

/** Replaces the members and statements of `program` with those of the same names in `code`, and adds new ones. */
function change(program, code) {
  const lines = program.split("\n");
  for (const piece of piecesOf(code)) {
    const [from, to] = find(lines, piece) ?? placeOf(lines, piece);
    lines.splice(from, to - from, ...(from === to ? placed(piece) : piece));
  }
  return lines.join("\n");
}

/** Splits `code` into statements and members, each with its comment. */
function piecesOf(code) {
  const pieces = [];
  let piece = [];
  for (const line of code.split("\n")) {
    if (line === "" && piece.length === 0) continue;
    piece.push(line);
    const [opening = ""] = piece.filter((it) => !it.trimStart().startsWith("/**"));
    const indent = /^ */.exec(opening)[0];
    const isClosed = opening === line ? /[;]$/.test(line) : line.startsWith(`${indent}}`);
    if (opening !== "" && isClosed) pieces.push(piece.splice(0));
  }
  if (piece.join("").trim() !== "")
    throw new Error(`a statement or member is not closed:\n${piece.join("\n")}`);
  return pieces;
}

/** Returns the name of a statement or member, by which it is found and replaced. */
function nameOf(piece) {
  const [opening] = piece.filter((it) => !it.trimStart().startsWith("/**"));
  return opening.startsWith("import ")
    ? /from (".*")/.exec(piece.join(" "))[1]
    : /^( *)(?:export )?(?:async )?(?:const |function )?\*?(\w+)/.exec(opening).slice(1).join("");
}

function find(lines, piece) {
  const name = nameOf(piece);
  const indent = /^ */.exec(piece.at(-1))[0];
  const start = indent === "" ? 0 : lines.findIndex((line) => line.startsWith("class "));
  for (let from = start; from < lines.length; from += 1) {
    if (
      lines[from] === "" ||
      !lines[from].startsWith(indent) ||
      lines[from][indent.length] === " " ||
      lines[from].startsWith(`${indent}}`)
    )
      continue;
    const isWhole = lines[from].endsWith(";");
    const to = isWhole
      ? from + 1
      : lines.findIndex((line, i) => i > from && line.startsWith(`${indent}}`)) + 1;
    const candidate = lines.slice(from, to);
    if (/^\s*(\/\*\*|class )/.test(candidate[0])) continue;
    if (nameOf(candidate) === name) return [from, to];
  }
  return undefined;
}

/** Returns the lines for a new piece: imports after the others, members at the start of the class, the rest before it. */
function placeOf(lines, piece) {
  const start = lines.findIndex((line) => line.startsWith("class "));
  const behindImports = lines.findLastIndex((line) => / from ".*";$/.test(line)) + 1;
  const at = piece[0].startsWith("import ") ? behindImports : piece[0].startsWith(" ") ? start + 1 : start;
  return [at, at];
}

/** Returns a new piece, followed by an empty line if it has several lines. */
function placed(piece) {
  return piece.length === 1 ? piece : [...piece, ""];
}
