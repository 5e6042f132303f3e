// An ECMAScript module that writes its log with pino.
import Fastify from "fastify";

const app = Fastify({ logger: { level: "warn" } });

app.get("/", async () => ({ hello: "world" }));

app.get("/items/:item", async request => {
  const item = Number(request.params.item);
  if (item > 100) {
    request.log.warn({ item }, "no such item");
    throw new RangeError(`no item ${item}`);
  }
  return { item };
});

await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
