//! What an ended target left in its sockets.

use super::door::Door;
use super::hostile::{HELLO, frame, headers};
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

/// What a client of HTTP/2 sent is taken although it is gone at once.
#[test]
fn takes_the_streams_of_a_connection_that_is_gone() {
    let door = Door::open();
    for _ in 0..20 {
        let requests = (0..5u32).flat_map(|n| {
            let stream = 2 * n + 1;
            [frame(1, 4, stream, &headers(&door)), frame(0, 1, stream, &spans(20))]
        });
        let bytes: Vec<u8> = requests.flatten().collect();
        door.connect().write_all(&[HELLO, &bytes].concat()).unwrap();
    }
    let (took, delivered) = door.close();
    assert_eq!(delivered.len(), 100);
    assert!(took < Duration::from_secs(1), "{took:?}");
}
