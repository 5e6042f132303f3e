//! What Azure Monitor gets of it.

use super::file::processors;
use super::{clean, run};
use crate::support::process::OTEL_RUN;
use crate::support::recorder::Recorder;
use serde_json::Value;

/// The envelopes of one request, with these flags.
fn envelopes(flags: &[&str]) -> Vec<Value> {
    let recorder = Recorder::start();
    let string = recorder.connection_string();
    let finished =
        run(&clean(), &[&[OTEL_RUN, "--connection_string", &string], flags].concat(), &[("/orders/7", &[])]);
    assert!(!finished.stderr.contains("otel-run:"), "{}", finished.stderr);
    let seen = recorder.wait(|seen| !seen.of("RequestData").is_empty());
    assert_eq!(seen.faults(), [""; 0]);
    seen.envelopes().into_iter().cloned().collect()
}

fn request(envelopes: &[Value]) -> &Value {
    let request = envelopes.iter().find(|envelope| envelope["data"]["baseType"] == "RequestData");
    request.expect("a request")
}

#[test]
fn role_name_and_instance() {
    let before = envelopes(&["--service_name", "shop"]);
    assert_eq!(request(&before)["tags"]["ai.cloud.role"], "shop");
    let after =
        envelopes(&["--service_name", "shop", "--role_name", "new_role_name", "--role_instance", "one"]);
    let tags = &request(&after)["tags"];
    assert_eq!(
        (&tags["ai.cloud.role"], &tags["ai.cloud.roleInstance"]),
        (&"new_role_name".into(), &"one".into())
    );
    // Without another name it is the service's.
    let named = envelopes(&["--role_name", "alone"]);
    assert_eq!(request(&named)["tags"]["ai.cloud.role"], "alone");
}

#[test]
fn custom_dimensions() {
    let after = envelopes(&["--custom_dimension", "os_type=linux"]);
    assert_eq!(request(&after)["data"]["baseData"]["properties"]["os_type"], "linux");
    let message =
        after.iter().find(|envelope| envelope["data"]["baseType"] == "MessageData").expect("a message");
    assert_eq!(message["data"]["baseData"]["properties"]["os_type"], "linux");
}

/// Client IP, operation name, authenticated user, and a filter: what the guides do in span processors.
#[test]
fn fields_of_application_insights() {
    let config = processors(
        "- type: attribute
  items: [span]
  include: {matchType: strict, kinds: [server]}
  actions:
    - {key: client.address, action: upsert, value: 203.0.113.9}
    - {key: enduser.id, action: upsert, value: ann}
- type: span
  include: {matchType: strict, kinds: [server]}
  name: {fixed: order shown}
- type: drop
  items: [log]
  include: {matchType: regexp, logBodies: ['^order']}",
    );
    let before = envelopes(&[]);
    let after = envelopes(&["--config", config.path().to_str().expect("UTF-8")]);
    let tags = |envelopes: &[Value]| request(envelopes)["tags"].clone();
    assert_eq!(
        (&tags(&before)["ai.location.ip"], &tags(&before)["ai.operation.name"]),
        (&"127.0.0.1".into(), &"GET /orders/{number}".into())
    );
    let tags = tags(&after);
    assert_eq!(
        (&tags["ai.location.ip"], &tags["ai.user.authUserId"]),
        (&"203.0.113.9".into(), &"ann".into())
    );
    assert_eq!(request(&after)["data"]["baseData"]["name"], "order shown");
    let messages = |envelopes: &[Value]| {
        let said = envelopes
            .iter()
            .map(|envelope| envelope["data"]["baseData"]["message"].as_str().unwrap_or_default());
        said.filter(|message| message.starts_with("order 7")).count()
    };
    assert_eq!((messages(&before), messages(&after)), (1, 0));
}
