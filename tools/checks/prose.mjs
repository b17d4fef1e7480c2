// Lists habits that make prose hard to read, in Markdown, comments and messages: `node tools/checks/prose.mjs [PATH…]`.
// CONTRIBUTING.md, "How we write", has the rules. Code in backticks, code blocks and quotations are not checked.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

import ts from "typescript";

const MOST_WORDS = 30;

/** The pattern of each habit, and what to write instead. */
const rules = [
  [
    /\b(?:who|whoever|whom|nobody|somebody|anybody|everybody)\b/i,
    "name the actor: the caller, a client, another process",
  ],
  [/\b(?:says?|said|tells?|told)\b/i, "write reports, returns, has, names or shows"],
  [
    /(?:[a-z0-9`”),;:](?<!\b(?:line|place|folder|directory|file|table|section|point))|^[-*] .*)\s+where\s+(?!.*\?)(?:it|there|they|the|a|an|that|nothing|no|this|one|any|each|both|what|code)\b/,
    "write if or when",
  ],
  [
    /\b(?:is|are|was|were|be) none\b|(?<!\bthere )\b(?:is|are|was|were) no (?!longer|more|less|different|better|worse)[a-z]+|\bnothing of\b|\bnone of (?:ours|its|theirs)\b/i,
    "write not a, invalid, missing, or without",
  ],
  [/^(?:\d+\.\s+|[-*]\s+)?What (?!is\b.*\?)[^?]*$/, "put the subject first, or name the thing"],
  [/\bin which case\b/i, "write then, or begin a new sentence"],
];

/** Yields each paragraph, item and cell of a Markdown file, with the number of its first line. */
function* markdown(text) {
  let inCode = false;
  let paragraph = "";
  let began = 1;
  for (const [at, line] of [...text.split("\n"), ""].entries()) {
    if (/^\s*```/.test(line)) inCode = !inCode;
    const isBreak = inCode || /^\s*(?:```|#|\||[-*] |\d+\. |>|<|$)/.test(line) || /^ {4,}\S/.test(line);
    if (isBreak && paragraph !== "") {
      yield [began, paragraph];
      paragraph = "";
    }
    if (inCode || /^\s*```/.test(line) || /^ {4,}\S/.test(line)) continue;
    if (line.trimStart().startsWith("|")) {
      for (const cell of line.split("|")) yield [at + 1, cell];
      continue;
    }
    if (paragraph === "") began = at + 1;
    paragraph = `${paragraph} ${line.trim()}`.trim();
  }
}

/** Yields each comment and message of a script, with the number of its first line. */
function* script(name, text) {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const lineOf = (at) => source.getLineAndCharacterOfPosition(at).line + 1;
  const comments = new Map();
  const messages = [];
  const visit = (node) => {
    for (const range of ts.getLeadingCommentRanges(text, node.pos) ?? []) comments.set(range.pos, range.end);
    for (const range of ts.getTrailingCommentRanges(text, node.end) ?? []) comments.set(range.pos, range.end);
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isTemplateExpression(node)) {
      const whole = [node.head.text, ...node.templateSpans.map((span) => `code${span.literal.text}`)].join(
        "",
      );
      messages.push([lineOf(node.getStart()), whole]);
    } else if (ts.isStringLiteralLike(node)) messages.push([lineOf(node.getStart()), node.text]);
    node.getChildren(source).forEach(visit);
  };
  visit(source);
  let previous;
  for (const [from, to] of [...comments].sort((a, b) => a[0] - b[0])) {
    const raw = text.slice(from, to);
    const isLine = raw.startsWith("//");
    // Line comments below each other are one paragraph.
    if (isLine && previous !== undefined && /^\n[ \t]*$/.test(text.slice(previous.to, from))) {
      previous.text += ` ${raw.slice(2).trim()}`;
      previous.to = to;
      continue;
    }
    if (previous !== undefined) yield [previous.line, previous.text];
    previous = undefined;
    if (isLine) previous = { line: lineOf(from), text: raw.slice(2).trim(), to };
    else
      for (const [at, part] of markdown(raw.replace(/^\/\*\*?|\*\/$/g, "").replace(/^[ \t]*\*[ \t]?/gm, "")))
        for (const piece of part.split(/(?=@(?:param|returns|throws|see|example)\b)/))
          yield [lineOf(from) + at - 1, piece.replace(/^@(?:param \S+ -|\w+)\s*/, "")];
  }
  if (previous !== undefined) yield [previous.line, previous.text];
  // A message has at least three words. A shorter string is a name or data.
  for (const [line, message] of messages)
    if (/^[^<>{}=\\]*[a-z]+ [a-z]+ [a-z]+/.test(message) && !message.includes("\n")) yield [line, message];
}

/** Yields the comments of a shell script or a workflow. Comments below each other are one paragraph. */
function* shell(text) {
  let paragraph = "";
  let began = 1;
  for (const [at, line] of [...text.split("\n"), ""].entries()) {
    const own = /^\s*#(?!!) ?(.*)$/.exec(line);
    if (own !== null) {
      if (paragraph === "") began = at + 1;
      paragraph = `${paragraph} ${own[1]}`.trim();
      continue;
    }
    if (paragraph !== "") yield [began, paragraph];
    paragraph = "";
    const trailing = /\s# (.*)$/.exec(line);
    if (trailing !== null) yield [at + 1, trailing[1]];
  }
}

function proseOf(name, text) {
  if (name.endsWith(".md"))
    return markdown(text.replace(/^---\n[^]*?\n---\n/, (front) => "\n".repeat(front.split("\n").length - 1)));
  return /\.(?:ts|js|mjs)$/.test(name) ? script(name, text) : shell(text);
}

/** Returns the sentences of a paragraph. Code, links and quotations are replaced by `code`. */
function sentencesOf(text) {
  const plain = text
    .replace(/(?<=[.!?]\s+)`[^`]*`/g, "Code") // Begins a sentence.
    .replace(/`[^`]*`/g, "code")
    .replace(/\{@link[^}]*\}/g, "code")
    .replace(/\]\([^)]*\)/g, "]")
    .replace(/https?:\S+/g, "code")
    .replace(/“[^”]*”|"[^"]*"|‘[^’]*’/g, "code")
    .replace(/\b(?:e\.g|i\.e|etc|vs|cf)\./g, "code")
    .replaceAll("**", "");
  return plain.split(/(?<=[.!?:])\s+(?=[A-Z`"“(\d-])/).map((sentence) => sentence.trim());
}

/** Returns the habits in `text`: the line where the paragraph begins, the advice and the sentence. `name` decides how it is read. */
export function habitsIn(name, text) {
  const habits = [];
  for (const [line, paragraph] of proseOf(name, text)) {
    for (const sentence of sentencesOf(paragraph)) {
      for (const [pattern, advice] of rules)
        if (pattern.test(sentence)) habits.push({ line, advice, sentence });
      const words = sentence.split(/\s+/).filter((word) => /[A-Za-z]/.test(word)).length;
      if (words > MOST_WORDS)
        habits.push({ line, advice: `${words} words: make two sentences, or a list`, sentence });
    }
  }
  return habits;
}

function main(paths) {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", ...paths], { encoding: "utf8" })
    .split("\n")
    .filter((file) => /\.(?:ts|js|mjs|md|sh|yml)$|^\.ci\//.test(file) && existsSync(file))
    .filter(
      (file) => !/fixtures|\.api\.md$|TABLE\.md$|\.table\.ts$|generated|CHANGELOG|pnpm-lock/.test(file),
    );
  let found = 0;
  for (const file of files) {
    for (const { line, advice, sentence } of habitsIn(file, readFileSync(file, "utf8"))) {
      found += 1;
      console.log(`${file}:${line}: ${advice}\n    ${sentence}`);
    }
  }
  console.log(found === 0 ? "no habit found" : `${found} habits found`);
  process.exitCode = found === 0 ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) main(process.argv.slice(2));
