// Express, and NestJS on it: routes, and errors that come out of handlers.
'use strict';

const context = require('./context.cjs');
const { wrap } = require('./modules.cjs');
const routes = require('./routes.cjs');

function failed(error) {
  const now = context.current();
  if (now && now.request && error !== 'route' && error !== 'router') now.request.failed(error);
}

/**
 * The request has its route when it is answered, too; but where a router is mounted is forgotten
 * when an error leaves it.
 */
exports.route = function (Route) {
  wrap(
    Route.prototype,
    'dispatch',
    original =>
      function (request) {
        const now = context.current();
        if (now && now.request) now.request.routed = routes.template(request.baseUrl, this.path);
        return original.apply(this, arguments);
      }
  );
};

/** `Layer` of Express 4 (`handle_error`) and of its router since 5 (`handleError`). */
exports.layer = function (Layer) {
  for (const name of ['handle_error', 'handleError']) {
    wrap(
      Layer.prototype,
      name,
      original =>
        function (error, request, response, next) {
          failed(error);
          return original.call(this, error, request, response, next);
        }
    );
  }
};

/** The last resort, where there is no handler for errors. */
exports.finalhandler = function (finalhandler) {
  const holder = { finalhandler };
  wrap(
    holder,
    'finalhandler',
    original =>
      function () {
        const handle = original.apply(this, arguments);
        return function (error) {
          if (error) failed(error);
          return handle.apply(this, arguments);
        };
      }
  );
  return holder.finalhandler;
};
