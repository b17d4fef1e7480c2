import { torn } from "../src/disk/layout-files.ts";

// A damaged file is retried like a file that is being written. The fast tests do not wait a second each time.
torn.waitMs = 100;
