import ts from "typescript";

/** The flags of tuple elements with any number of values, such as `...string[]` in `[number, ...string[]]`. */
const OPEN_ENDED = ts.ElementFlags.Rest | ts.ElementFlags.Variadic;

/**
 * Forbids spreading data into the arguments of a call. Each value takes room on the stack, so a list of about 100,000
 * values fails with `RangeError: Maximum call stack size exceeded`.
 *
 * Two kinds may be spread: tuples, because their type has a fixed length, and rest parameters, because their values were
 * arguments already.
 */
export const noSpreadData = {
  meta: {
    type: "problem",
    schema: [],
    messages: { spread: "Do not spread data into arguments: a long list overflows the stack. Use a loop." },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const checker = services.program.getTypeChecker();

    function hasFixedLength(node) {
      const type = checker.getApparentType(services.getTypeAtLocation(node));
      const parts = type.isUnion() ? type.types : [type];
      return parts.every(
        (part) => checker.isTupleType(part) && (part.target.combinedFlags & OPEN_ENDED) === 0,
      );
    }

    function isRestParameter(node) {
      if (node.type !== "Identifier") return false;
      for (let scope = context.sourceCode.getScope(node); scope !== null; scope = scope.upper) {
        const variable = scope.set.get(node.name);
        if (variable === undefined) continue;
        return variable.defs.some(
          ({ type, name }) =>
            type === "Parameter" && name.parent.type === "RestElement" && "params" in name.parent.parent,
        );
      }
      return false;
    }

    return {
      ":matches(CallExpression, NewExpression) > SpreadElement.arguments"({ argument }) {
        if (isRestParameter(argument) || hasFixedLength(argument)) return;
        context.report({ node: argument, messageId: "spread" });
      },
    };
  },
};
