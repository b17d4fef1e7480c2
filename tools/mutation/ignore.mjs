import { PluginKind, declareValuePlugin } from "@stryker-mutator/api/plugin";

/** Functions with message texts, which the contract does not promise. The number is the index of the first such argument. */
const TEXTS = {
  RegistryError: 1,
  TypeError: 0,
  RangeError: 0,
  storageError: 1,
  requireString: 1,
  requireCount: 1,
  requireFlag: 1,
  requireOneOf: 2,
};

function isText({ node, parent, key }) {
  if (node.type !== "StringLiteral" && node.type !== "TemplateLiteral") return false;
  if (parent?.type !== "CallExpression" && parent?.type !== "NewExpression") return false;
  return Object.hasOwn(TEXTS, parent.callee.name) && key >= TEXTS[parent.callee.name];
}

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, "what-nobody-promises", {
    shouldIgnore: (path) => (isText(path) ? "message text" : undefined),
  }),
];
