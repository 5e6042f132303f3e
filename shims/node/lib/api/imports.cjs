// Since 1.10, `import` of OpenTelemetry's API gives a second copy of it, of ECMAScript modules, whose
// objects nobody can reach. Who imports it gets the copy that `require` gives, which has the same names.
'use strict';

const fs = require('fs');
const Module = require('module');
const path = require('path');
const main = require('../main.cjs');

const SECOND = '/node_modules/@opentelemetry/api/dist/index.mjs';

/** Costs something only where there is such a copy. */
exports.start = function () {
  if (!main.scope((_, scope) => fs.existsSync(path.join(scope, 'api/dist/index.mjs')))) return;
  if (typeof Module.registerHooks === 'function') {
    Module.registerHooks({ resolve: (specifier, context, next) => exports.first(next(specifier, context)) });
  } else if (typeof Module.register === 'function' && main.isModule()) {
    Module.register(require('url').pathToFileURL(path.join(__dirname, 'imports.mjs')).href);
  }
};

/** What was resolved, or the first copy in the place of the second. */
exports.first = function (found) {
  return found.url.endsWith(SECOND)
    ? { ...found, url: found.url.replace(/mjs$/, 'cjs'), format: 'commonjs' }
    : found;
};
