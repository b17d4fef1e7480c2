/** No call is ever answered. */
export default {
  create: () => ({ registry: new Proxy({}, { get: () => () => new Promise(() => undefined) }) }),
  timeoutMs: 50,
  seed: 1,
};
