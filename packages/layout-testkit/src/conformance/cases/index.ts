import type { ConformanceCase } from "../case.ts";
import { blobCases } from "./blobs.ts";
import { manifestCases } from "./manifests.ts";
import { relationCases } from "./referrers.ts";
import { persistenceCases, tagCases } from "./tags.ts";
import { uploadCases } from "./uploads.ts";

/** Every case there is, in the order of the contract. */
export const allCases: readonly ConformanceCase[] = [...blobCases, ...uploadCases, ...manifestCases, ...tagCases, ...relationCases, ...persistenceCases];
