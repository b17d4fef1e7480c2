#!/usr/bin/env node
import { main } from "../dist/command/index.js";

await main(process.argv.slice(2));
