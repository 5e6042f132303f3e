// Starts what is to be observed in this process.
'use strict';

const settings = require('./settings.cjs');

exports.start = function () {
  if (settings.endpoint === null) return;
  if (settings.spans) {
    require('./http-server.cjs').start();
    require('./http-client.cjs').start();
    require('./undici.cjs').start();
  }
  if (settings.logs) require('./exceptions.cjs').start();
};
