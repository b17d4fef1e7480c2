import { cat } from "./cat.ts";
import type { Command } from "./command.ts";
import { gc } from "./gc.ts";
import { ls } from "./ls.ts";
import { pull } from "./pull.ts";
import { push } from "./push.ts";
import { rm } from "./rm.ts";
import { serve } from "./serve.ts";
import { show } from "./show.ts";
import { tag } from "./tag.ts";
import { tags } from "./tags.ts";
import { verify } from "./verify.ts";

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [ls, tags, show, cat, push, pull, tag, rm, gc, verify, serve];
