import type { ConformanceCase } from "../case.ts";
import { layoutChildrenCases } from "./layout-children.ts";
import { layoutDamageCases } from "./layout-damage.ts";
import { layoutForeignCases } from "./layout-foreign.ts";
import { layoutGarbageCases } from "./layout-garbage.ts";
import { layoutLockCases } from "./layout-locks.ts";
import { layoutMendingCases } from "./layout-mending.ts";
import { layoutNameCases } from "./layout-names.ts";
import { layoutPartCases } from "./layout-parts.ts";
import { layoutReadingCases } from "./layout-reading.ts";
import { layoutSharingCases } from "./layout-sharing.ts";
import { layoutTreeCases } from "./layout-trees.ts";
import { layoutUnreadableCases } from "./layout-unreadable.ts";
import { layoutUntrustedCases } from "./layout-untrusted.ts";
import { layoutWritingCases } from "./layout-writing.ts";

/** The cases about what is on disk, in the order of their ids. */
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
