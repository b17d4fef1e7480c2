/** A registry whose calls never settle. */
export default {
  create: () => ({ registry: new Proxy({}, { get: () => () => new Promise(() => undefined) }) }),
  timeoutMs: 50,
  seed: 1,
};
