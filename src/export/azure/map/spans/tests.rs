use crate::account::Loss;
use crate::export::azure::map::fixture::{self, attributes};
use crate::export::azure::map::{Common, Mapper};
use crate::otlp::Signal;
use crate::settings::{AzureSettings, Sampler};
use serde_json::{Value, json};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// A request of one span with these attributes, and further members.
fn request(kind: u8, own: Value, more: Value) -> Value {
    let mut span = json!({
        "traceId": TRACE, "spanId": SPAN, "kind": kind, "name": "span", "attributes": attributes(own),
        "startTimeUnixNano": "1000000000", "endTimeUnixNano": "1000500000"
    });
    for (key, value) in more.as_object().unwrap() {
        span[key] = value.clone();
    }
    json!({"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"spans": [span]}]}]})
}

fn envelopes_with(settings: AzureSettings, request: &Value) -> Vec<Value> {
    let mapped = fixture::mapped(settings, Signal::Traces, request);
    assert_eq!((mapped.items.iter().sum::<u64>(), mapped.left_out.len()), (1, 0));
    mapped.envelopes
}

fn envelopes(kind: u8, own: Value, more: Value) -> Vec<Value> {
    envelopes_with(fixture::settings(), &request(kind, own, more))
}

fn properties(envelope: &Value) -> Value {
    let mut properties = envelope["data"]["baseData"]["properties"].clone();
    properties.as_object_mut().unwrap().remove("_MS.ProcessedByMetricExtractors");
    properties
}

/// The tags of the item itself.
fn tags(envelope: &Value) -> Value {
    let mut tags = envelope["tags"].clone();
    let of_process = ["ai.cloud", "ai.internal", "ai.device", "ai.application"];
    tags.as_object_mut().unwrap().retain(|name, _| !of_process.iter().any(|start| name.starts_with(start)));
    tags
}

#[test]
fn a_whole_request() {
    let own = json!({
        "http.request.method": "GET", "http.route": "/a/{id}", "url.scheme": "http", "server.address": "h",
        "url.path": "/a/1", "http.response.status_code": 200, "client.address": "10.0.0.9",
        "user_agent.original": "curl", "enduser.id": "u", "session.id": "s", "own": [1, {"a": true}]
    });
    let more = json!({"parentSpanId": "00f067aa0ba902b7"});
    let envelope = &envelopes(2, own, more)[0];
    assert_eq!(envelope["name"], "Microsoft.ApplicationInsights.Request");
    assert_eq!(envelope["time"], "1970-01-01T00:00:01.000000Z");
    assert_eq!(
        tags(envelope),
        json!({
            "ai.operation.id": TRACE, "ai.operation.parentId": "00f067aa0ba902b7", "ai.operation.name": "GET /a/{id}",
            "ai.user.userAgent": "curl", "ai.user.authUserId": "u", "ai.session.id": "s", "ai.location.ip": "10.0.0.9"
        })
    );
    assert_eq!(
        envelope["data"],
        json!({"baseType": "RequestData", "baseData": {
            "ver": 2, "id": SPAN, "name": "GET /a/{id}", "responseCode": "200", "url": "http://h/a/1",
            "duration": "0.00:00:00.000500", "success": true,
            "properties": {"own": "[1, {\"a\": true}]", "_MS.ProcessedByMetricExtractors": "(Name:'Requests', Ver:'1.1')"}
        }})
    );
}

#[test]
fn who_and_whence() {
    for (kind, own, expected) in [
        (2, json!({"enduser.pseudo.id": "p", "user.id": "u"}), json!({"ai.user.id": "p"})),
        (2, json!({"user.id": "u"}), json!({"ai.user.id": "u"})),
        (2, json!({"enduser.id": "e", "user.id": "u"}), json!({"ai.user.authUserId": "e"})),
        (
            2,
            json!({"microsoft.client.ip": "6.6.6.6", "client.address": "1.1.1.1"}),
            json!({"ai.location.ip": "6.6.6.6"}),
        ),
        (2, json!({"client.address": "a.host", "net.peer.ip": "::1"}), json!({"ai.location.ip": "::1"})),
        (5, json!({"network.peer.address": "2.2.2.2"}), json!({"ai.location.ip": "2.2.2.2"})),
        (3, json!({"client.address": "1.1.1.1"}), json!({})),
        (2, json!({"user_agent.original": "x"}), json!({})),
        (2, json!({"user_agent.synthetic.type": "bot"}), json!({"ai.operation.syntheticSource": "True"})),
        (
            2,
            json!({"http.method": "GET", "http.user_agent": "AlwaysOn"}),
            json!({"ai.operation.syntheticSource": "True", "ai.user.userAgent": "AlwaysOn"}),
        ),
    ] {
        let mut seen = tags(&envelopes(kind, own.clone(), json!({}))[0]);
        seen.as_object_mut().unwrap().remove("ai.operation.id");
        seen.as_object_mut().unwrap().remove("ai.operation.name");
        assert_eq!(seen, expected, "{own}");
    }
}

#[test]
fn tags_that_are_given() {
    let own = json!({
        "ai.operation.id": "o", "ai.operation.parentId": "p", "ai.operation.name": "n", "ai.user.id": "u",
        "user.id": "other", "ai.session.isFirst": "true", "ai.cloud.role": "kept as it is"
    });
    let mut request = request(3, own, json!({}));
    let of_resource =
        json!({"ai.user.id": "less", "ai.user.accountId": "a", "ai.cloud.role": "r", "ai.device.type": "PC"});
    request["resourceSpans"][0]["resource"]["attributes"] = attributes(of_resource);
    let envelope = &envelopes_with(fixture::settings(), &request)[0];
    assert_eq!(
        tags(envelope),
        json!({
            "ai.operation.id": "o", "ai.operation.parentId": "p", "ai.operation.name": "n", "ai.user.id": "u",
            "ai.user.accountId": "a", "ai.session.isFirst": "true"
        })
    );
    assert_eq!(envelope["tags"]["ai.cloud.role"], "r");
    assert_eq!(envelope["tags"]["ai.device.type"], "PC");
    // What a tag holds is no property; a tag that was not asked for is one.
    assert_eq!(properties(envelope), json!({"ai.cloud.role": "kept as it is", "user.id": "other"}));
}

#[test]
fn what_is_a_property() {
    let own = json!({
        "http.request.method": "GET", "http.method": "POST", "url.full": "http://h/", "server.address": "h",
        "http.response.status_code": 200, "network.protocol.version": "1.1", "error.type": "E", "none": null,
        "_MS.sampleRate": 50, "_MS.anything": "x", "microsoft.custom": "kept", "double": 2.0, "empty": ""
    });
    let kept = json!({
        "http.method": "POST", "network.protocol.version": "1.1", "error.type": "E", "microsoft.custom": "kept",
        "double": "2", "empty": "", "otel.status_description": "why"
    });
    let failed = json!({"status": {"code": 2, "message": "why"}});
    assert_eq!(properties(&envelopes(3, own.clone(), failed.clone())[0]), kept);

    let all = AzureSettings { keep_all_attributes: true, ..fixture::settings() };
    let mut everything = kept.clone();
    for key in ["http.request.method", "url.full", "server.address"] {
        everything[key] = own[key].clone();
    }
    everything["http.response.status_code"] = json!("200");
    assert_eq!(properties(&envelopes_with(all, &request(3, own, failed))[0]), everything);
}

#[test]
fn what_was_cut_is_a_property_too() {
    let url = format!("http://h/{}", "x".repeat(3000));
    let own = json!({"http.request.method": "GET", "url.full": url});
    let request = &envelopes(2, own.clone(), json!({}))[0];
    assert_eq!(request["data"]["baseData"]["url"].as_str().map(str::len), Some(2048));
    assert_eq!(properties(request)["url.full"], url);
    let dependency = &envelopes(3, own, json!({}))[0];
    assert_eq!(dependency["data"]["baseData"]["data"], url);
    assert_eq!(properties(dependency), json!({}));
}

#[test]
fn marks_of_the_standard_metrics() {
    let mark = "_MS.ProcessedByMetricExtractors";
    let off = AzureSettings { standard_metrics: false, ..fixture::settings() };
    for (settings, kind, own, expected) in [
        (fixture::settings(), 2, json!({}), json!("(Name:'Requests', Ver:'1.1')")),
        (fixture::settings(), 1, json!({mark: "theirs"}), json!("(Name:'Dependencies', Ver:'1.1')")),
        (off.clone(), 2, json!({mark: "theirs"}), json!("theirs")),
        (off, 2, json!({}), Value::Null),
    ] {
        let envelope = &envelopes_with(settings, &request(kind, own.clone(), json!({})))[0];
        assert_eq!(envelope["data"]["baseData"]["properties"][mark], expected, "{kind} {own}");
    }
}

#[test]
fn links_are_whole_json() {
    let link = json!({"traceId": TRACE, "spanId": SPAN, "attributes": []});
    let wrong = json!({"traceId": "ab", "spanId": SPAN, "attributes": []});
    for (links, expected) in [
        (vec![], None),
        (vec![wrong.clone()], None),
        (vec![link.clone(), wrong], Some(1)),
        (vec![link; 150], Some(100)),
    ] {
        let properties = properties(&envelopes(1, json!({}), json!({"links": links}))[0]);
        let text = properties["_MS.links"].as_str();
        let parsed: Option<Vec<Value>> = text.map(|text| serde_json::from_str(text).unwrap());
        assert_eq!(parsed.as_ref().map(Vec::len), expected);
        assert!(text.is_none_or(|text| text.len() <= 8192));
        if let Some(first) = parsed.and_then(|links| links.into_iter().next()) {
            assert_eq!(first, json!({"operation_Id": TRACE, "id": SPAN}));
        }
    }
}

#[test]
fn how_long_messages_waited() {
    let link = |time: Value| json!({"traceId": TRACE, "spanId": SPAN, "attributes": attributes(json!({"enqueuedTime": time}))});
    let hub = json!({"az.namespace": "Microsoft.EventHub"});
    for (kind, own, times, expected) in [
        (5, hub.clone(), vec![json!(900), json!("800")], json!({"timeSinceEnqueued": 150})),
        (5, hub.clone(), vec![json!(5000), json!("soon")], json!({"timeSinceEnqueued": 0})),
        (
            5,
            hub.clone(),
            vec![json!(-1_000_000_000_000_000_i64)],
            json!({"timeSinceEnqueued": 1_000_000_000_001_000_u64}),
        ),
        (5, hub, vec![json!(null)], Value::Null),
        (5, json!({}), vec![json!(900)], Value::Null),
        (3, json!({"az.namespace": "Microsoft.EventHub"}), vec![json!(900)], Value::Null),
    ] {
        let links: Vec<Value> = times.into_iter().map(link).collect();
        let envelope = &envelopes(kind, own, json!({"links": links}))[0];
        let seen = &envelope["data"]["baseData"]["measurements"];
        let number = |value: &Value| value["timeSinceEnqueued"].as_f64();
        assert_eq!((seen.is_null(), number(seen)), (expected.is_null(), number(&expected)));
    }
}

#[test]
fn events() {
    let event = |name: &str, own: Value| json!({"timeUnixNano": "2000000000", "name": name, "attributes": attributes(own)});
    let events = json!({"events": [
        event("cache.miss", json!({"k": "v", "session.id": "other"})),
        event("", json!({})),
        event("x", json!({"microsoft.custom_event.name": "bought", "microsoft.custom_measurements": "{\"price\": 2.5}"})),
        event("exception", json!({"exception.type": "E", "exception.message": "m", "exception.stacktrace": "s", "exception.escaped": true, "k": 1})),
        event("exception", json!({}))
    ]});
    let own = json!({"session.id": "s", "client.address": "1.1.1.1"});
    let seen = envelopes(2, own, events);
    assert_eq!(seen.len(), 6);
    for envelope in &seen[1..] {
        assert_eq!(envelope["time"], "1970-01-01T00:00:02.000000Z");
        assert_eq!(envelope["tags"]["ai.operation.id"], TRACE);
        assert_eq!(envelope["tags"]["ai.operation.parentId"], SPAN);
    }
    let base = |at: usize| &seen[at]["data"]["baseData"];
    assert_eq!(tags(&seen[1])["ai.session.id"], "other");
    assert_eq!(*base(1), json!({"ver": 2, "message": "cache.miss", "properties": {"k": "v"}}));
    assert_eq!(tags(&seen[2])["ai.session.id"], "s");
    assert_eq!(*base(2), json!({"ver": 2, "message": "n/a", "properties": {}}));
    assert_eq!(seen[3]["data"]["baseType"], "EventData");
    assert_eq!(
        *base(3),
        json!({"ver": 2, "name": "bought", "properties": {}, "measurements": {"price": 2.5}})
    );
    assert_eq!(base(4)["exceptions"][0]["typeName"], "E");
    assert_eq!(base(4)["exceptions"][0]["stack"], "s");
    assert_eq!(base(4)["properties"], json!({"exception.escaped": "true", "k": "1"}));
    assert_eq!(base(5)["exceptions"][0]["message"], "Exception");
}

#[test]
fn an_exception_is_told_once() {
    let own = json!({"exception.type": "E", "exception.message": "m"});
    let event = json!({"events": [{"name": "exception", "attributes": attributes(own.clone())}]});
    let span = fixture::batch(Signal::Traces, &request(2, json!({}), event));
    let record = json!({"traceId": TRACE, "spanId": SPAN, "body": {"stringValue": "it broke"}, "attributes": attributes(own)});
    let record =
        fixture::batch(Signal::Logs, &json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}));
    for span_is_first in [true, false] {
        let common = Common::new(&fixture::settings());
        let told = |batch| {
            let mut collected = fixture::Collected::default();
            Mapper::new(fixture::settings()).sharing(common.clone()).map(batch, &mut collected);
            let is_exception = |e: &&Value| e["data"]["baseType"] == "ExceptionData";
            (collected.envelopes.iter().filter(is_exception).count(), collected.left_out)
        };
        if span_is_first {
            assert_eq!(told(&span), (1, vec![]));
            assert_eq!(told(&record), (0, vec![(Loss::LeftOut("duplicate"), 1)]));
            // What could not be sent is mapped once more.
            assert_eq!(told(&span), (1, vec![]));
        } else {
            assert_eq!(told(&record), (1, vec![]));
            assert_eq!(told(&span), (0, vec![]));
            assert_eq!(told(&record), (1, vec![]));
        }
    }
}

#[test]
fn spans_that_a_sampler_drops_take_their_events_with_them() {
    let settings = AzureSettings { sampler: Sampler::AlwaysOff, ..fixture::settings() };
    let event = json!({"events": [{"name": "e", "attributes": []}]});
    let mapped = fixture::mapped(settings, Signal::Traces, &request(2, json!({}), event));
    assert_eq!((mapped.envelopes.len(), mapped.left_out), (0, vec![(Loss::LeftOut("sampled"), 1)]));
}

#[test]
fn rates_of_the_sdk() {
    for (own, state, rate) in [
        (json!({"_MS.sampleRate": 25.0}), "", json!(25)),
        (json!({"microsoft.sample_rate": "50"}), "", json!(50)),
        (json!({"applicationinsights.internal.sample_rate": 10}), "", json!(10)),
        (json!({}), "ot=th:c", json!(25)),
        (json!({"_MS.sampleRate": 0}), "", Value::Null),
        (json!({"_MS.sampleRate": 100}), "", Value::Null),
        (json!({"_MS.sampleRate": "NaN"}), "", Value::Null),
    ] {
        let more = json!({"traceState": state, "events": [{"name": "e", "attributes": []}]});
        let seen = envelopes(2, own.clone(), more);
        for envelope in &seen {
            assert_eq!(envelope["sampleRate"], rate, "{own} {state}");
        }
        assert_eq!(properties(&seen[0]), json!({}), "{own}");
    }
}
