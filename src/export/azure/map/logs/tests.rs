use crate::export::azure::map::fixture;
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
