// The console. By default what goes to stderr, which is for people who look after the program;
// stdout may be its output. OTEL_RUN_NODE_CONSOLE says otherwise.
'use strict';

const { wrap } = require('./modules.cjs');
const settings = require('./settings.cjs');

const LEVELS = {
  off: {},
  warn: { warn: 13, error: 17 },
  all: { debug: 5, log: 9, info: 9, warn: 13, error: 17 },
};
let inside = false;

exports.start = function () {
  const levels = LEVELS[settings.console] || LEVELS.warn;
  for (const name of Object.keys(levels)) {
    wrap(
      console,
      name,
      original =>
        function (...values) {
          printed(levels[name], values);
          return original.apply(this, values);
        }
    );
  }
};

function printed(number, values) {
  // What is printed may print, too, while it becomes text.
  if (inside || values.length === 0) return;
  inside = true;
  try {
    const { format } = require('util');
    const { exceptionAttributes } = require('./span.cjs');
    const error = values.find(value => value instanceof Error);
    require('./logs.cjs').record({
      scope: 'console',
      body: error && values.length === 1 ? `${error.name}: ${error.message}` : format(...values),
      number,
      attributes: error ? exceptionAttributes(6, error) : '',
    });
  } catch {
    // It is printed all the same.
  } finally {
    inside = false;
  }
}
