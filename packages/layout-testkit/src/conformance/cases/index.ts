import type { ConformanceCase } from "../case.ts";
import { blobCases } from "./blobs.ts";
import { callCases } from "./calls.ts";
import { deletingCases } from "./deleting.ts";
import { manifestCases } from "./manifests.ts";
import { persistenceCases } from "./persistence.ts";
import { referrerCases } from "./referrers.ts";
import { repositoryCases } from "./repositories.ts";
import { tagCases } from "./tags.ts";
import { uploadCases } from "./uploads.ts";

/** Every case there is, in the order of the contract. */
export const allCases: readonly ConformanceCase[] = [
  ...blobCases,
  ...uploadCases,
  ...manifestCases,
  ...tagCases,
  ...deletingCases,
  ...callCases,
  ...referrerCases,
  ...repositoryCases,
  ...persistenceCases,
];
