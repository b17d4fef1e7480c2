import type { ConformanceCase } from "../case/case.ts";
import { blobCases } from "./blobs/blobs.ts";
import { callCases } from "./calls/calls.ts";
import { deletingCases } from "./repositories/deleting.ts";
import { layoutCases } from "./layout/index.ts";
import { listCases } from "./repositories/lists.ts";
import { manifestCases } from "./manifests/manifests.ts";
import { modelCases } from "./calls/model.ts";
import { mountCases } from "./blobs/mounting.ts";
import { persistenceCases } from "./calls/persistence.ts";
import { readingCases } from "./blobs/reading.ts";
import { referenceCases } from "./manifests/references.ts";
import { referrerCases } from "./manifests/referrers.ts";
import { repositoryCases } from "./repositories/repositories.ts";
import { signalCases } from "./calls/signals.ts";
import { sourceCases } from "./blobs/sources.ts";
import { tagCases } from "./manifests/tags.ts";
import { togetherCases } from "./calls/together.ts";
import { unsupportedCases } from "./calls/unsupported.ts";
import { uploadEndCases } from "./blobs/upload-ends.ts";
import { uploadCases } from "./blobs/uploads.ts";
import { validityCases } from "./manifests/validity.ts";

/** All cases, in the order in which a backend is best built. */
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
