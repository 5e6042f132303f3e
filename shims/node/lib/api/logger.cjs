// Loggers for an application that has set no provider.
'use strict';

const context = require('../context.cjs');
const logs = require('../logs.cjs');
const { exceptionAttributes } = require('../span.cjs');
const value = require('../value.cjs');
const { of } = require('./context.cjs');
const { milliseconds } = require('./time.cjs');

/**
 * The API's LoggerProvider. `later` gives the application's own as soon as there is one: loggers
 * that were handed out before pass on to it.
 */
exports.provider = function (api, later) {
  return {
    getLogger(name, version, options) {
      let theirs;
      const own = () => {
        const provider = theirs === undefined ? later() : undefined;
        if (provider !== undefined) theirs = provider.getLogger(name, version, options);
        return theirs;
      };
      return {
        emit(record) {
          const logger = own();
          if (logger !== undefined) return logger.emit(record);
          try {
            send(api, String(name || ''), version, record);
          } catch {
            // Odd values cost one record.
          }
        },
        enabled(given) {
          const logger = own();
          return logger !== undefined && typeof logger.enabled === 'function' ? logger.enabled(given) : true;
        },
      };
    },
  };
};

function send(api, scope, version, record) {
  const { attributes, body, context: given, eventName, exception, severityNumber, severityText, timestamp } = record;
  let encoded = value.attributes(6, attributes || {});
  if (exception !== undefined && exception !== null) encoded += exceptionAttributes(6, exception);
  logs.record({
    scope,
    version,
    body,
    number: severityNumber || 0,
    text: severityText,
    attributes: encoded,
    time: timestamp === undefined ? undefined : milliseconds(timestamp),
    event: eventName,
    within: given === undefined || api === null ? context.current() : of(api, given),
  });
}
