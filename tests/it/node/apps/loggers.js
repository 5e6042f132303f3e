// Each logger says something in each request.
const http = require("http");
const pino = require("pino")({ redact: ["secret"], timestamp: false, base: { name: "shop" } });
const winston = require("winston");
const announce = require("./announce");

const bunyan = require("bunyan").createLogger({ name: "bun", level: "warn" });
const silly = winston.createLogger({ level: "info", transports: [new winston.transports.Console()] });

const server = http.createServer((request, response) => {
  pino.child({ order: 7 }).warn({ secret: "s3cret", err: new TypeError("of pino") }, "hello %s", "pino");
  pino.debug("not of this level");
  silly.error("hello winston", { order: 8 });
  silly.debug("not of this level");
  bunyan.error({ err: new Error("of bunyan"), order: 9 }, "hello bunyan");
  bunyan.info("not of this level");
  console.log("hello stdout");
  console.error("hello console: %s", "order");
  response.end("said");
});
server.listen(0, "127.0.0.1", () => announce(server));
