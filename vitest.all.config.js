import { configure } from "./vitest.config.js";

/** `pnpm test:all` runs every test. */
export default configure();
