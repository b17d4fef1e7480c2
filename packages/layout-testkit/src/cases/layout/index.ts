import type { ConformanceCase } from "../../case/case.ts";
import { layoutChildrenCases } from "./children.ts";
import { layoutDamageCases } from "./damage.ts";
import { layoutForeignCases } from "./foreign.ts";
import { layoutGarbageCases } from "./garbage.ts";
import { layoutLockCases } from "./locks.ts";
import { layoutMendingCases } from "./mending.ts";
import { layoutNameCases } from "./names.ts";
import { layoutPartCases } from "./parts.ts";
import { layoutReadingCases } from "./reading.ts";
import { layoutSharingCases } from "./sharing.ts";
import { layoutTreeCases } from "./trees.ts";
import { layoutUnreadableCases } from "./unreadable.ts";
import { layoutUntrustedCases } from "./untrusted.ts";
import { layoutWritingCases } from "./writing.ts";

/** The cases about layouts on disk, in the order of their files. */
export const layoutCases: readonly ConformanceCase[] = [
  ...layoutWritingCases,
  ...layoutNameCases,
  ...layoutForeignCases,
  ...layoutSharingCases,
  ...layoutDamageCases,
  ...layoutMendingCases,
  ...layoutPartCases,
  ...layoutChildrenCases,
  ...layoutUntrustedCases,
  ...layoutLockCases,
  ...layoutGarbageCases,
  ...layoutTreeCases,
  ...layoutReadingCases,
  ...layoutUnreadableCases,
];
