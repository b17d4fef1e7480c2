import { torn } from "../../../packages/layout-core/src/disk/layout-files.ts";

// No other program writes here: an index.json that is damaged stays so, and thousands of them are read.
torn.waitMs = 0;
