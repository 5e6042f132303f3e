const Koa = require("koa");
const { Router } = require("@koa/router");

const router = new Router();

router.get("/", context => {
  context.body = { hello: "world" };
});

router.get("/items/:item", context => {
  const item = Number(context.params.item);
  if (item > 100) {
    console.warn("no item %d", item);
    throw new RangeError(`no item ${item}`);
  }
  context.body = { item };
});

const app = new Koa();
app.silent = true; // Koa prints what it answers with 500; the span has it
app.use(router.routes());
app.listen(Number(process.env.PORT), "127.0.0.1");
