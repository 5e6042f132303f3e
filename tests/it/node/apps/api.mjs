// The API, imported: since 1.10 that is another copy than the one that is required.
import http from "node:http";
import { createRequire } from "node:module";
import { context, trace } from "@opentelemetry/api";
import announce from "./announce.js";

const server = http.createServer((request, response) => {
  trace.getTracer("module").startActiveSpan("outer", outer => {
    const required = createRequire(import.meta.url)("@opentelemetry/api").trace.getTracer("required");
    setImmediate(() => {
      required.startSpan("inner").end();
      outer.end();
      response.end(String(trace.getSpan(context.active()) === outer));
    });
  });
});
server.listen(0, "127.0.0.1", () => announce(server));
