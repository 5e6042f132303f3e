// The main program: where it lies, and what kind of module it is.
'use strict';

const fs = require('fs');
const path = require('path');

/** Folders from which the program's packages are looked for, upwards: its own, and the current one. */
exports.places = function () {
  const found = [];
  if (process.argv[1]) {
    try {
      found.push(path.dirname(fs.realpathSync(process.argv[1])));
    } catch {
      // `node app` for app.js: its folder is that of the name.
      found.push(path.dirname(process.argv[1]));
    }
  }
  const here = process.cwd();
  if (!found.includes(here)) found.push(here);
  return found;
};

/** The first of the folders `node_modules/@opentelemetry` above the program for which `wanted(folder)` gives something. */
exports.scope = function (wanted) {
  for (const start of exports.places()) {
    for (let folder = start; ; folder = path.dirname(folder)) {
      const scope = path.join(folder, 'node_modules', '@opentelemetry');
      const found = fs.existsSync(scope) && wanted(folder, scope);
      if (found) return found;
      if (folder === path.dirname(folder)) break;
    }
  }
  return null;
};

let known;

/** Whether the program has any of OpenTelemetry's packages. */
exports.hasApi = function () {
  if (known === undefined) known = exports.scope(() => true) !== null;
  return known;
};

/** Whether it is an ECMAScript module. */
exports.isModule = function () {
  const main = process.argv[1];
  if (!main || main.endsWith('.cjs') || main.endsWith('.cts')) return false;
  if (main.endsWith('.mjs') || main.endsWith('.mts')) return true;
  for (let folder = path.dirname(main); ; folder = path.dirname(folder)) {
    try {
      return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).type === 'module';
    } catch {
      if (folder === path.dirname(folder)) return false;
    }
  }
};
