// Packages that are looked after when they are loaded, by `require` or, for CommonJS packages,
// by `import`. Nothing is loaded for them before, and nothing of ours is on the stack while a
// module runs: Node notes on each module when it is loaded, and that is noticed.
'use strict';

const Module = require('module');
const rival = require('./rival.cjs');

/** By package: files within it, and who looks after their exports. */
const FRAMEWORKS = new Map([
  [
    'router',
    [
      [/^lib\/layer\.js$/, './express.cjs', 'layer'],
      [/^lib\/route\.js$/, './express.cjs', 'route'],
    ],
  ],
  [
    'express',
    [
      [/^lib\/router\/layer\.js$/, './express.cjs', 'layer'],
      [/^lib\/router\/route\.js$/, './express.cjs', 'route'],
    ],
  ],
  ['finalhandler', [[/^index\.js$/, './express.cjs', 'finalhandler']]],
  [
    'koa',
    [
      [/^lib\/application\.js$/, './koa.cjs', 'application'],
      [/^lib\/context\.js$/, './koa.cjs', 'context'],
    ],
  ],
]);

/** Those that are of interest only for their logs. */
const LOGGERS = new Map([
  ['pino', [[/^lib\/tools\.js$/, './pino.cjs', 'tools']]],
  ['winston', [[/^lib\/winston\/logger\.js$/, './winston.cjs', 'logger']]],
  ['bunyan', [[/^lib\/bunyan\.js$/, './bunyan.cjs', 'bunyan']]],
  ['@nestjs/common', [[/^services\/console-logger\.service\.js$/, './nest.cjs', 'logger']]],
]);

const DATABASES = new Map([
  ['pg', [[/^lib\/client\.js$/, './pg.cjs', 'client']]],
  ['pg-pool', [[/^index\.js$/, './pg.cjs', 'pool']]],
  ['mysql2', [[/^lib\/(base\/)?connection\.js$/, './mysql2.cjs', 'connection']]],
  [
    '@redis/client',
    [
      [/^dist\/lib\/client\/commands-queue\.js$/, './redis.cjs', 'queue'],
      [/^dist\/lib\/client\/socket\.js$/, './redis.cjs', 'socket'],
    ],
  ],
  ['ioredis', [[/^built\/(Redis|redis\/index)\.js$/, './ioredis.cjs', 'redis']]],
  ['mongodb', [[/^lib\/cmap\/connection\.js$/, './mongodb.cjs', 'connection']]],
]);

const API = new Map([
  ['@opentelemetry/api', [[/^(build\/src|dist)\/index\.c?js$/, './api/api.cjs', 'api']]],
  ['@opentelemetry/api-logs', [[/^build\/src\/index\.js$/, './api/api.cjs', 'logs']]],
]);

const RIVALS = new Map(rival.AGENTS.map(name => [name, [[/./, './rival.cjs', 'appeared']]]));

const MARK = '/node_modules/';

function watchersOf(filename, tables) {
  const at = filename.lastIndexOf(MARK);
  if (at < 0) return undefined;
  let end = filename.indexOf('/', at + MARK.length);
  if (filename[at + MARK.length] === '@') end = filename.indexOf('/', end + 1);
  if (end < 0) return undefined;
  const name = filename.slice(at + MARK.length, end);
  for (const table of tables) {
    const watchers = table.get(name);
    if (watchers === undefined) continue;
    const file = filename.slice(end + 1);
    return watchers.find(([pattern]) => pattern.test(file));
  }
  return undefined;
}

/** Looks after packages, but for those that the instrumentations `theirs` look after. */
exports.start = function (settings, theirs) {
  const tables = [];
  const without = table => new Map([...table].filter(([name]) => !theirs.has(name.replace('@redis/client', 'redis'))));
  if (settings.spans && theirs.size === 0) tables.push(FRAMEWORKS, RIVALS);
  if (theirs.size === 0) tables.push(API);
  if (settings.spans) tables.push(without(DATABASES));
  // The instrumentation of winston needs one more package to deliver.
  if (settings.logs) tables.push(new Map([...without(LOGGERS), ['winston', LOGGERS.get('winston')]]));
  Object.defineProperty(Module.prototype, 'loaded', {
    configurable: true,
    set(value) {
      // A new module, or somebody's object that inherits from one.
      const found = value === false && typeof this.id === 'string' ? watchersOf(this.id, tables) : undefined;
      if (found === undefined) define(this, { value, writable: true });
      else define(this, { get: () => false, set: () => loaded(this, found) });
    },
  });
};

function define(module, how) {
  Object.defineProperty(module, 'loaded', { ...how, enumerable: true, configurable: true });
}

function loaded(module, [, file, name]) {
  define(module, { value: true, writable: true });
  try {
    const replaced = require(file)[name](module.exports);
    if (replaced !== undefined) module.exports = replaced;
  } catch {
    // The package is as it would be without us.
  }
}

/** Replaces a method by what `wrap` makes of it, if it is there. Its properties stay. */
exports.wrap = function (object, name, wrap) {
  const original = object && object[name];
  if (typeof original !== 'function') return;
  const wrapped = wrap(original);
  for (const key of Reflect.ownKeys(original)) {
    if (key === 'prototype' || key === 'arguments' || key === 'caller') continue;
    try {
      Object.defineProperty(wrapped, key, Object.getOwnPropertyDescriptor(original, key));
    } catch {
      // Not to be copied.
    }
  }
  wrapped.prototype = original.prototype;
  object[name] = wrapped;
};
