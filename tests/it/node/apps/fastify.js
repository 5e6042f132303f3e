const fastify = require("fastify")();
const announce = require("./announce");

fastify.register(
  async api => {
    api.get("/items/:id", async request => {
      if (request.params.id === "boom") throw new RangeError("no such item");
      return request.params;
    });
  },
  { prefix: "/api" }
);
fastify.listen({ port: 0, host: "127.0.0.1" }).then(() => announce(fastify.server));
