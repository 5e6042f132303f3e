// The one line that this process may print.
'use strict';

const settings = require('./settings.cjs');

let said = false;

/** Prints one line to stderr, at most once. */
exports.say = function (text) {
  if (said || settings.quiet) return;
  said = true;
  // Part of the text comes from outside: one line, and nothing that a terminal obeys.
  const line = text.replace(/\s+/g, ' ').slice(0, 500).replace(/\p{C}/gu, '?');
  try {
    require('fs').writeSync(2, `otel-run: ${line}\n`);
  } catch {
    // No stderr.
  }
};
