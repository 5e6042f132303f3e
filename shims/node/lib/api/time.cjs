// Moments as OpenTelemetry's API takes them.
'use strict';

const clock = require('../clock.cjs');

/**
 * Milliseconds since 1970 of a Date, of `[seconds, nanoseconds]`, or of a number: since 1970, or of
 * `performance.now()`. What is none of these is now.
 */
exports.milliseconds = function (input) {
  if (Array.isArray(input)) return input[0] * 1000 + input[1] / 1e6;
  const number = input instanceof Date ? input.getTime() : input;
  if (typeof number !== 'number' || !(number >= 0)) return clock.time();
  const { timeOrigin } = globalThis.performance;
  return number < timeOrigin ? timeOrigin + number : number;
};
