#!/usr/bin/env node
import "../dist/command/ocilayout.mjs";
