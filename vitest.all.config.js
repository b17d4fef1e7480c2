import { testsWithout } from "./vitest.config.js";

/** `pnpm test:all`: every test. */
export default testsWithout();
