// pino: what it has written, with the application's redactions in it.
'use strict';

const logs = require('./logs.cjs');
const { wrap } = require('./modules.cjs');
const value = require('./value.cjs');

const LEVELS = { 10: 1, 20: 5, 30: 9, 40: 13, 50: 17, 60: 21 };
const LONGEST = 65536;
let inside = false;

exports.tools = function (tools) {
  wrap(
    tools,
    'asJson',
    original =>
      function (object, message, number) {
        let line;
        inside = true;
        try {
          line = original.apply(this, arguments);
        } finally {
          inside = false;
        }
        written(this, line, number);
        return line;
      }
  );
};

/** Where pino is bundled: releases since 9.8 tell of each line. */
exports.told = function (message) {
  if (!inside) written(message.instance, message.result, message.arguments && message.arguments[2]);
};

function written(logger, line, number) {
  try {
    if (typeof line !== 'string' || line.length > LONGEST) return;
    const found = JSON.parse(line);
    const messageKey = settingOf(logger, 'pino.messageKey') || 'msg';
    const errorKey = settingOf(logger, 'pino.errorKey') || 'err';
    const body = found[messageKey];
    const error = found[errorKey];
    let attributes = '';
    if (error && typeof error === 'object' && (error.stack || error.type)) {
      attributes += value.attributes(6, {
        'exception.type': error.type,
        'exception.message': error.message,
        'exception.stacktrace': error.stack,
      });
      delete found[errorKey];
    }
    for (const key of [messageKey, 'level', 'time', 'pid', 'hostname', 'name']) delete found[key];
    logs.record({
      scope: (logger.bindings && nameOf(logger)) || 'pino',
      body: body === undefined ? '' : body,
      number: severity(number),
      text: logger.levels && logger.levels.labels && logger.levels.labels[number],
      attributes: attributes + value.attributes(6, found),
    });
  } catch {
    // Not JSON: the application formats for itself.
  }
}

/** Levels of one's own lie between the usual ones. */
function severity(number) {
  return LEVELS[number] || (number >= 60 ? 21 : number >= 50 ? 17 : number >= 40 ? 13 : number >= 30 ? 9 : number >= 20 ? 5 : 1);
}

const names = new WeakMap();

function nameOf(logger) {
  let name = names.get(logger);
  if (name === undefined) {
    name = String(logger.bindings().name || '');
    names.set(logger, name);
  }
  return name;
}

const symbols = new Map();

/** A setting that pino keeps under a symbol of its own. */
function settingOf(logger, description) {
  let symbol = symbols.get(description);
  for (let at = logger; symbol === undefined && at; at = Object.getPrototypeOf(at)) {
    symbol = Object.getOwnPropertySymbols(at).find(one => one.description === description);
  }
  if (symbol === undefined) return undefined;
  symbols.set(description, symbol);
  return logger[symbol];
}
