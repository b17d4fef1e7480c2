/** Returns a module of Node, or `undefined` elsewhere. It is not imported, so a bundler for browsers does not look for it. */
export function builtinModule(id: `node:${string}`): unknown {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } };
  return process?.getBuiltinModule?.(id);
}
