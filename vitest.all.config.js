import { configure } from "./vitest.config.js";

/** `pnpm test:all`: every test. */
export default configure();
