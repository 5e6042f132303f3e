// The route of a request, in the words of its framework. Never the path itself.
'use strict';

/** The template that matched, or undefined. */
exports.of = function (span) {
  if (typeof span.routed === 'function') return span.routed();
  if (span.routed) return span.routed;
  return express(span.request);
};

/** Express leaves the route on the request, bundled or not. */
function express({ route, baseUrl }) {
  return route !== undefined && route !== null ? template(baseUrl, route.path) : undefined;
}

/** Where the router is mounted and the path of the route: a text, an expression, or several. */
function template(baseUrl, path) {
  const base = baseUrl || '';
  if (Array.isArray(path)) return template(base, path[0]);
  if (path instanceof RegExp) return base + path;
  if (typeof path !== 'string') return undefined;
  return path === '/' && base ? base : base + path;
}

exports.template = template;
