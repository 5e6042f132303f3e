// bunyan: its records as they are.
'use strict';

const logs = require('./logs.cjs');
const { wrap } = require('./modules.cjs');
const value = require('./value.cjs');

const LEVELS = { 10: 1, 20: 5, 30: 9, 40: 13, 50: 17, 60: 21 };
const OURS = new Set(['name', 'hostname', 'pid', 'level', 'msg', 'time', 'v', 'err', 'src']);

exports.bunyan = function (Logger) {
  wrap(
    Logger.prototype,
    '_emit',
    original =>
      function (record, silent) {
        if (!silent) written(record);
        return original.apply(this, arguments);
      }
  );
};

function written(record) {
  try {
    const { err } = record;
    let attributes = value.attributes(6, record, OURS);
    if (err) {
      attributes += value.attributes(6, {
        'exception.type': err.name,
        'exception.message': err.message,
        'exception.stacktrace': err.stack,
      });
    }
    logs.record({ scope: record.name || 'bunyan', body: record.msg, number: LEVELS[record.level] || 9, attributes });
  } catch {
    // The application's own record is written all the same.
  }
}
