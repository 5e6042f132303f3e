use crate::export::azure::map::{Common, Mapper, fixture};
use crate::otlp::Signal;
use crate::settings::AzureSettings;
use serde_json::{Value, json};

fn envelope_with(settings: AzureSettings, mut record: Value, attributes: Value) -> Value {
    record["attributes"] = fixture::attributes(attributes);
    let request =
        json!({"resourceLogs": [{"scopeLogs": [{"scope": {"name": "app"}, "logRecords": [record]}]}]});
    let mut mapped = fixture::mapped(settings, Signal::Logs, &request);
    assert_eq!((mapped.envelopes.len(), mapped.left_out.len()), (1, 0));
    mapped.envelopes.remove(0)
}

fn envelope(record: Value, attributes: Value) -> Value {
    envelope_with(fixture::settings(), record, attributes)
}

fn kind(envelope: &Value) -> &str {
    envelope["data"]["baseType"].as_str().unwrap_or_default()
}

const AVAILABILITY: &str = r#"{"microsoft.availability.id": "i", "microsoft.availability.name": "n",
    "microsoft.availability.duration": "00:00:01", "microsoft.availability.success": "True"}"#;

#[test]
fn the_first_case_that_fits() {
    let availability: Value = serde_json::from_str(AVAILABILITY).unwrap();
    let with = |more: Value| {
        let mut attributes = availability.clone();
        for (key, value) in more.as_object().unwrap() {
            attributes[key] = value.clone();
        }
        attributes
    };
    let body = json!({"body": {"stringValue": "b"}});
    for (record, attributes, expected) in [
        (&body, with(json!({"exception.type": "E", "microsoft.custom_event.name": "e"})), "ExceptionData"),
        (&body, with(json!({"exception.message": "m"})), "ExceptionData"),
        (&body, with(json!({"microsoft.custom_event.name": "e"})), "EventData"),
        (&body, json!({"APPLICATION_INSIGHTS_EVENT_MARKER_ATTRIBUTE": true}), "EventData"),
        (&json!({}), json!({"APPLICATION_INSIGHTS_EVENT_MARKER_ATTRIBUTE": true}), "MessageData"),
        (&body, availability.clone(), "AvailabilityData"),
        (&body, with(json!({"microsoft.availability.duration": "soon"})), "MessageData"),
        (&body, with(json!({"microsoft.availability.id": null})), "MessageData"),
        (&body, json!({"microsoft.custom_event.name": ""}), "MessageData"),
        (&body, json!({"exception.stacktrace": "s"}), "MessageData"),
        (&json!({"eventName": "e"}), json!({}), "EventData"),
        (&json!({"eventName": "e", "body": {"stringValue": "b"}}), json!({}), "MessageData"),
    ] {
        assert_eq!(kind(&envelope(record.clone(), attributes.clone())), expected, "{record} {attributes}");
    }
    let mut settings = fixture::settings();
    settings.event_name_as_event = false;
    let message = envelope_with(settings, json!({"eventName": "e"}), json!({}));
    assert_eq!(message["data"]["baseData"]["message"], "n/a");
    assert_eq!(message["data"]["baseData"]["properties"], json!({"event.name": "e", "logger_name": "app"}));
}

#[test]
fn nothing_is_lost_and_nothing_told_twice() {
    let kept = json!({"exception.type": "E", "exception.message": "m", "exception.escaped": true, "k": "v"});
    let data = &envelope(json!({"body": {"stringValue": " shown "}}), kept)["data"]["baseData"];
    assert_eq!(data["exceptions"][0]["message"], "shown");
    assert_eq!(
        data["properties"],
        json!({"exception.escaped": "true", "exception.message": "m", "k": "v", "logger_name": "app"})
    );

    let incomplete = json!({"microsoft.availability.id": "i", "exception.stacktrace": "s"});
    let data = &envelope(json!({}), incomplete)["data"]["baseData"];
    assert_eq!(
        data["properties"],
        json!({"microsoft.availability.id": "i", "exception.stacktrace": "s", "logger_name": "app"})
    );

    let unread = json!({"microsoft.custom_measurements": "{no json", "logger_name": "own"});
    let data = &envelope(json!({}), unread)["data"]["baseData"];
    assert_eq!(
        data["properties"],
        json!({"microsoft.custom_measurements": "{no json", "logger_name": "own"})
    );
    assert!(data.get("measurements").is_none());

    let mut settings = fixture::settings();
    settings.keep_all_attributes = true;
    let all = json!({"exception.type": "E", "exception.message": "m", "enduser.id": "u"});
    let data = &envelope_with(settings, json!({"body": {"stringValue": "b"}}), all)["data"]["baseData"];
    assert_eq!(
        data["properties"],
        json!({"exception.type": "E", "exception.message": "m", "enduser.id": "u", "logger_name": "app"})
    );
}

#[test]
fn who_it_was() {
    for (attributes, expected) in [
        (json!({"enduser.id": "e", "user.id": "u"}), json!({"ai.user.authUserId": "e"})),
        (
            json!({"enduser.pseudo.id": "p", "user.id": "u", "session.id": "s"}),
            json!({"ai.user.id": "p", "ai.session.id": "s"}),
        ),
        (json!({"user.id": 7}), json!({"ai.user.id": "7"})),
        (json!({"enduser.id": ""}), json!({})),
    ] {
        let envelope = envelope(json!({}), attributes.clone());
        let mut tags = envelope["tags"].clone();
        tags.as_object_mut()
            .unwrap()
            .retain(|name, _| name.starts_with("ai.user") || name.starts_with("ai.se"));
        assert_eq!(tags, expected, "{attributes}");
    }
}

#[test]
fn when_it_was() {
    let time = |record: Value| envelope(record, json!({}))["time"].as_str().unwrap().to_owned();
    assert_eq!(
        time(json!({"timeUnixNano": "1000", "observedTimeUnixNano": "9000"})),
        "1970-01-01T00:00:00.000001Z"
    );
    assert_eq!(time(json!({"observedTimeUnixNano": "9000"})), "1970-01-01T00:00:00.000009Z");
    assert!(time(json!({})).as_str() > "2025");
}

#[test]
fn bodies() {
    for (body, expected) in [
        (json!({"stringValue": "  padded\n"}), "padded"),
        (json!({"stringValue": " \t"}), "n/a"),
        (json!({"intValue": "0"}), "0"),
        (json!({"boolValue": false}), "false"),
        (json!({"doubleValue": 2.5}), "2.5"),
        (json!({"doubleValue": "NaN"}), "NaN"),
        (json!({"bytesValue": "AQJoaQ=="}), "AQJoaQ=="),
        (
            json!({"arrayValue": {"values": [{"stringValue": "é\""}, {}, {"intValue": "1"}]}}),
            "[\"é\\\"\", null, 1]",
        ),
        (json!({"kvlistValue": {"values": [{"key": "a", "value": {"arrayValue": {}}}]}}), "{\"a\": []}"),
        (json!({}), "n/a"),
    ] {
        let envelope = envelope(json!({"body": body.clone()}), json!({}));
        assert_eq!(envelope["data"]["baseData"]["message"], expected, "{body}");
    }
}

#[test]
fn custom_dimensions_are_laid_out() {
    let map = json!({"custom_dimensions": {"weight": "12 kg", "pieces": 3}, "order": 7});
    let message = envelope(json!({"body": {"stringValue": "b"}}), map);
    let expected = json!({"weight": "12 kg", "pieces": "3", "order": "7", "logger_name": "app"});
    assert_eq!(message["data"]["baseData"]["properties"], expected);
    let message = envelope(json!({"body": {"stringValue": "b"}}), json!({"custom_dimensions": "x"}));
    assert_eq!(message["data"]["baseData"]["properties"]["custom_dimensions"], "x");
}

fn item_tags(envelope: &Value) -> Value {
    let mut tags = envelope["tags"].clone();
    let of_process = ["ai.cloud", "ai.internal", "ai.device", "ai.application"];
    tags.as_object_mut().unwrap().retain(|name, _| !of_process.iter().any(|start| name.starts_with(start)));
    tags
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

#[test]
fn operation_and_client() {
    let context = json!({"traceId": TRACE, "spanId": SPAN});
    let own = json!({"ai.operation.id": TRACE, "ai.operation.parentId": SPAN});
    let with = |more: Value| {
        let mut tags = own.clone();
        tags.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        tags
    };
    for (record, attributes, expected) in [
        (&context, json!({}), own.clone()),
        (&json!({"traceId": TRACE}), json!({}), json!({"ai.operation.id": TRACE})),
        (&json!({"traceId": "0".repeat(32), "spanId": "0".repeat(16)}), json!({}), json!({})),
        (
            &context,
            json!({"ai.operation.id": "o", "ai.operation.parentId": "p", "ai.operation.name": "n", "ai.user.id": 7}),
            json!({"ai.operation.id": "o", "ai.operation.parentId": "p", "ai.operation.name": "n", "ai.user.id": "7"}),
        ),
        (
            &context,
            json!({"ai.user.id": "", "user.id": "u", "ai.session.id": "s".repeat(70), "session.id": "other"}),
            with(json!({"ai.user.id": "u", "ai.session.id": "s".repeat(64)})),
        ),
        (&context, json!({"client.address": "10.0.0.9"}), with(json!({"ai.location.ip": "10.0.0.9"}))),
        (
            &context,
            json!({"microsoft.client.ip": "::1", "client.address": "10.0.0.9"}),
            with(json!({"ai.location.ip": "::1"})),
        ),
        (
            &context,
            json!({"client.address": "host.example", "network.peer.address": "10.0.0.1"}),
            own.clone(),
        ),
        (&context, json!({"user_agent.original": "curl"}), with(json!({"ai.user.userAgent": "curl"}))),
    ] {
        assert_eq!(
            item_tags(&envelope(record.clone(), attributes.clone())),
            expected,
            "{record} {attributes}"
        );
        // The same for exceptions.
        let mut exception = attributes.clone();
        exception["exception.type"] = json!("E");
        assert_eq!(item_tags(&envelope(record.clone(), exception)), expected, "{record} {attributes}");
    }
}

#[test]
fn what_controls_is_no_property() {
    let attributes = json!({
        "_MS.sampleRate": 50, "ai.operation.name": "n", "microsoft.client.ip": "10.0.0.9", "session.id": "s",
        "microsoft.custom_measurements": "{\"n\": 1}", "http.client_ip": "10.0.0.8", "user.id": "u"
    });
    let envelope = envelope(json!({"body": {"stringValue": "b"}}), attributes);
    assert_eq!(envelope["sampleRate"], 50);
    let data = &envelope["data"]["baseData"];
    assert_eq!(
        data["properties"],
        json!({"http.client_ip": "10.0.0.8", "user.id": "u", "logger_name": "app"})
    );
    assert_eq!(data["measurements"], json!({"n": 1}));
}

#[test]
fn a_resource_gives_tags_that_the_record_does_not() {
    let request = json!({"resourceLogs": [{
        "resource": {"attributes": fixture::attributes(json!({"ai.user.id": "r", "ai.operation.name": "batch"}))},
        "scopeLogs": [{"logRecords": [
            {"attributes": fixture::attributes(json!({"ai.user.id": "own"}))}, {"attributes": []}
        ]}]
    }]});
    let mapped = fixture::mapped(fixture::settings(), Signal::Logs, &request);
    let tags: Vec<Value> = mapped.envelopes.iter().map(item_tags).collect();
    assert_eq!(
        tags,
        [
            json!({"ai.user.id": "own", "ai.operation.name": "batch"}),
            json!({"ai.user.id": "r", "ai.operation.name": "batch"})
        ]
    );
}

/// What no SDK sends: it becomes something, or is counted, and never more than fits.
#[test]
fn hostile_records() {
    let long = "🙂".repeat(40_000);
    let (key, longer) = ("k".repeat(150), "k".repeat(151));
    let attributes = json!({
        &key: long.as_str(), &longer: "its key is too long", "": "no key", "microsoft.custom_event.name": long.as_str(), "enduser.id": long.as_str(),
        "gen_ai.input.messages": long.as_str()
    });
    let event = envelope(json!({"body": {"stringValue": &long}}), attributes);
    let data = &event["data"]["baseData"];
    let units = |value: &Value| value.as_str().unwrap().encode_utf16().count();
    assert_eq!(units(&data["name"]), 512);
    assert_eq!(units(&data["properties"][&key]), 8192);
    assert_eq!(units(&data["properties"]["gen_ai.input.messages"]), 80_000);
    assert_eq!(data["properties"].as_object().unwrap().len(), 3);
    assert_eq!(units(&event["tags"]["ai.user.authUserId"]), 1024);
}

#[test]
fn an_exception_of_a_span_and_of_a_record_is_told_once() {
    let attributes = fixture::attributes(json!({"exception.type": "E", "exception.message": "m"}));
    let span = json!({"resourceSpans": [{"scopeSpans": [{"spans": [{
        "traceId": TRACE, "spanId": SPAN, "name": "s", "kind": 1,
        "events": [{"name": "exception", "attributes": attributes}]
    }]}]}]});
    let record = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [
        {"traceId": TRACE, "spanId": SPAN, "attributes": attributes, "body": {"stringValue": "failed"}}
    ]}]}]});
    let settings = fixture::settings();
    let common = Common::new(&settings);
    let mut collected = fixture::Collected::default();
    for (signal, request) in [(Signal::Logs, &record), (Signal::Traces, &span), (Signal::Logs, &record)] {
        let mut mapper = Mapper::new(settings.clone()).sharing(common.clone());
        mapper.map(&fixture::batch(signal, request), &mut collected);
    }
    let kinds: Vec<&str> = collected.envelopes.iter().map(kind).collect();
    assert_eq!(kinds, ["ExceptionData", "RemoteDependencyData", "ExceptionData"], "a retry tells it again");
}
