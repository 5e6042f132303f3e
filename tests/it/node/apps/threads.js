// A server in a worker thread.
const { Worker, isMainThread } = require("worker_threads");

if (isMainThread) new Worker(__filename);
else require("./plain");
