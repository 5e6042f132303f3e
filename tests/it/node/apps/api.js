// Spans, metrics and log records of the application's own, with OpenTelemetry's API and nothing else.
//   /order      a span with all that a span has, and a request to ourselves within it
//   /parent     the headers that came
//   /measure    one value of each instrument
//   /context    what becomes of contexts in callbacks, emitters and other traces
//   /sdk        an SDK that is registered now takes over
const http = require("http");
const { EventEmitter } = require("events");
const api = require("@opentelemetry/api");
const announce = require("./announce");

const { context, metrics, propagation, trace, SpanKind, SpanStatusCode, TraceFlags } = api;
const tracer = trace.getTracer("shop", "2.1");
const meter = metrics.getMeter("shop");
const orders = meter.createCounter("orders", { unit: "{order}", valueType: api.ValueType.INT });
const open = meter.createUpDownCounter("open", { valueType: api.ValueType.INT });
const price = meter.createHistogram("price", { unit: "EUR", advice: { explicitBucketBoundaries: [10, 20] } });
meter.createObservableGauge("stock").addCallback(async result => result.observe(7.5, { shelf: "a" }));
const both = [meter.createObservableCounter("in"), meter.createObservableUpDownCounter("out")];
meter.addBatchObservableCallback(result => both.forEach((one, i) => result.observe(one, i + 1)), both);

const work = {
  async "/order"(own) {
    return tracer.startActiveSpan("order", { kind: SpanKind.PRODUCER, attributes: { item: 7 } }, async span => {
      trace.getActiveSpan().setAttributes({ list: ["a", "b"], nothing: undefined });
      span.addEvent("packed", { box: 1 }).recordException(new RangeError("too heavy"));
      span.setStatus({ code: SpanStatusCode.ERROR, message: "not sent" });
      span.addLink && span.addLink({ context: { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: TraceFlags.SAMPLED } });
      require("@opentelemetry/api-logs").logs.getLogger("audit").emit({ body: "ordered", severityNumber: 9, attributes: { n: 1 } });
      const carrier = {};
      propagation.inject(context.active(), carrier);
      const came = await (await fetch(`${own}/parent`)).json();
      span.end();
      return { same: carrier.traceparent.includes(span.spanContext().spanId), baggage: came.baggage, recording: span.isRecording() };
    });
  },
  async "/measure"() {
    orders.add(2, { kind: "x", a: 1 });
    orders.add(1, { a: 1, kind: "x" });
    orders.add(-1);
    open.add(3);
    open.add(-1);
    [5, 15, 25].forEach(value => price.record(value));
    return {};
  },
  async "/context"() {
    const request = trace.getActiveSpan();
    request.setAttribute("user", "ann");
    const carrier = { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, baggage: "color=dark%20red;p=1" };
    const elsewhere = propagation.extract(api.ROOT_CONTEXT, carrier);
    const key = api.createContextKey("of our own");
    const isIn = () => [trace.getActiveSpan().spanContext().traceId[0], context.active().getValue(key)];
    const emitter = context.bind(elsewhere.setValue(key, 1), new EventEmitter());
    const seen = [];
    const listener = () => seen.push(isIn()[0]);
    emitter.on("event", listener).once("event", listener);
    emitter.emit("event");
    emitter.removeListener("event", listener);
    emitter.emit("event");
    const timed = await new Promise(done => context.with(elsewhere.setValue(key, 2), () => setTimeout(() => done(isIn()), 1)));
    context.with(elsewhere, () => tracer.startSpan("linked to elsewhere", { startTime: Date.now() - 50 }).end());
    tracer.startSpan("root", { root: true }).end();
    const back = trace.getActiveSpan() === request;
    return { color: propagation.getBaggage(elsewhere).getEntry("color").value, bound: context.bind(elsewhere, isIn)(), seen, timed, back };
  },
  async "/sdk"() {
    const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-node");
    const exporter = new InMemorySpanExporter();
    tracer.startSpan("before").end();
    const isSet = () => trace.getTracerProvider().getDelegate().constructor.name;
    const before = isSet();
    new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
    tracer.startActiveSpan("after", span => span.end());
    return { before, after: isSet(), taken: exporter.getFinishedSpans().map(span => span.name) };
  },
};

const server = http.createServer(async (request, response) => {
  if (request.url === "/parent") return response.end(JSON.stringify(request.headers));
  response.end(JSON.stringify(await work[request.url](`http://127.0.0.1:${server.address().port}`)));
});
server.listen(0, "127.0.0.1", () => announce(server));
