// What a program can see of its interpreter.
const listeners = {};
for (const event of ["SIGTERM", "SIGINT", "SIGHUP", "uncaughtException", "unhandledRejection"]) {
  listeners[event] = process.listenerCount(event);
}
console.log(JSON.stringify({ listeners, argv: process.argv.slice(2), execArgv: process.execArgv, env: Object.keys(process.env).filter(name => !/^(OTEL_|NODE_OPTIONS$)/.test(name)) }));
console.log(Object.keys(globalThis), module.parent, require.main === module, Object.keys(require.cache).length);
