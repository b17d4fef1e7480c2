import { torn } from "../src/disk/layout-files.ts";

// What is damaged is waited for as long as what is just being written: in the fast tier not for a second each time.
torn.waitMs = 100;
