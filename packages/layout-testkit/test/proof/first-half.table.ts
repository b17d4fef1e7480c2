import { checkHalf } from "./check-half.ts";

await checkHalf(0);
