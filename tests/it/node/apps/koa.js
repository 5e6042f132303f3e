const Koa = require("koa");
const { Router } = require("@koa/router");
const announce = require("./announce");

const router = new Router({ prefix: "/api" });
router.get("/items/:id", context => {
  if (context.params.id === "boom") throw new RangeError("no such item");
  context.body = context.params;
});
const app = new Koa();
app.silent = true;
app.use(router.routes());
const server = app.listen(0, "127.0.0.1", () => announce(server));
