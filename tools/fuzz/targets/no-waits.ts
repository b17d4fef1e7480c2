import { torn } from "../../../packages/layout-core/src/disk/layout-files.ts";

// No other program writes here, so a damaged index.json stays damaged. Retries would slow thousands of inputs.
torn.waitMs = 0;
