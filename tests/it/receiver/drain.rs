//! What an ended target left in its sockets.

use super::door::Door;
use super::http::spans;
use std::io::Write;
use std::time::Duration;

#[test]
fn takes_what_was_sent_before_the_end() {
    let door = Door::open();
    let request = door.request("/v1/traces", &[], &spans(500));
    for _ in 0..20 {
        door.connect().write_all(&request).unwrap();
    }
    let (took, delivered) = door.close();
    assert_eq!(delivered.len(), 20);
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn waits_for_quiet_where_connections_stay_open() {
    let door = Door::open();
    let idle = door.connect();
    let mut half = door.connect();
    half.write_all(b"POST /v1/traces HTTP/1.1\r\n").unwrap();
    let (took, delivered) = door.close();
    assert_eq!(delivered.len(), 0);
    assert!(took >= Duration::from_millis(100) && took < Duration::from_secs(2), "{took:?}");
    drop((idle, half));
}

#[test]
fn nothing_to_wait_for_is_no_wait() {
    let door = Door::open();
    drop(door.connect());
    let (took, _) = door.close();
    assert!(took < Duration::from_millis(100), "{took:?}");
}
