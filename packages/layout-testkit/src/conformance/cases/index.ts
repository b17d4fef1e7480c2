import type { ConformanceCase } from "../case.ts";
import { blobCases } from "./blobs.ts";
import { callCases } from "./calls.ts";
import { deletingCases } from "./deleting.ts";
import { layoutCases } from "./layout-index.ts";
import { listCases } from "./lists.ts";
import { manifestCases } from "./manifests.ts";
import { modelCases } from "./model.ts";
import { mountCases } from "./mounting.ts";
import { persistenceCases } from "./persistence.ts";
import { readingCases } from "./reading.ts";
import { referenceCases } from "./references.ts";
import { referrerCases } from "./referrers.ts";
import { repositoryCases } from "./repositories.ts";
import { signalCases } from "./signals.ts";
import { sourceCases } from "./sources.ts";
import { tagCases } from "./tags.ts";
import { togetherCases } from "./together.ts";
import { unsupportedCases } from "./unsupported.ts";
import { uploadEndCases } from "./upload-ends.ts";
import { uploadCases } from "./uploads.ts";
import { validityCases } from "./validity.ts";

/** Every case there is, in the order in which a backend is best built. */
export const allCases: readonly ConformanceCase[] = [
  ...blobCases,
  ...sourceCases,
  ...readingCases,
  ...manifestCases,
  ...validityCases,
  ...referenceCases,
  ...tagCases,
  ...listCases,
  ...callCases,
  ...signalCases,
  ...repositoryCases,
  ...mountCases,
  ...deletingCases,
  ...referrerCases,
  ...uploadCases,
  ...uploadEndCases,
  ...unsupportedCases,
  ...togetherCases,
  ...persistenceCases,
  ...layoutCases,
  ...modelCases,
];
