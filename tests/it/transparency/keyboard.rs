//! SIG-2 to SIG-6, SIG-11: at a terminal, with a person's shell.

use crate::support::probe;
use crate::support::process::{OTEL_RUN, bare, children, eventually, name_of, state_of};
use crate::support::terminal::{CTRL_BACKSLASH, CTRL_C, CTRL_Z, Terminal};
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// otel-run as typed, sending nowhere.
fn typed() -> String {
    format!("{OTEL_RUN} --traces_exporter none --metrics_exporter none --logs_exporter none --")
}

/// What the same keys do to the same line, with and without us.
#[track_caller]
fn assert_as_bare(line: &str, keys: impl Fn(&mut Terminal)) {
    let [bare, ours] = ["", &typed()].map(|us| {
        let mut terminal = Terminal::with_shell();
        terminal.type_line(&line.replace("{}", us));
        keys(&mut terminal);
        terminal.until_prompt()
    });
    assert_eq!(ours.0, bare.0, "exit code; ours showed {:?}, bare {:?}", ours.1, bare.1);
    let without_us = ours.1.replace(&format!("{} ", typed()), "").replace("  ", " ");
    assert_eq!(without_us, bare.1.replace("  ", " "));
}

#[test]
fn sig_2_ctrl_c_and_a_target_that_dies() {
    assert_as_bare("{} sh -c 'echo ready; exec sleep 100'", |terminal| {
        terminal.until("ready");
        terminal.press(CTRL_C);
    });
}

#[test]
fn sig_2_ctrl_c_and_a_target_that_handles_it() {
    assert_as_bare(
        "{} sh -c 'trap \"echo handled; exit 6\" INT; echo ready; while :; do sleep 0.05; done'",
        |t| {
            t.until("ready");
            t.press(CTRL_C);
        },
    );
}

#[test]
fn sig_2_ctrl_c_and_a_target_that_ignores_it() {
    assert_as_bare("{} sh -c 'trap \"\" INT; echo ready; sleep 0.5; echo done; exit 4'", |terminal| {
        terminal.until("ready");
        terminal.press(CTRL_C);
        terminal.until("done");
    });
}

#[test]
fn sig_2_ctrl_backslash() {
    assert_as_bare("{} sh -c 'ulimit -c 0; echo ready; exec sleep 100'", |terminal| {
        terminal.until("ready");
        terminal.press(CTRL_BACKSLASH);
    });
}

#[test]
fn sig_2_sig_3_every_key_press_is_seen_once() {
    let mut terminal = Terminal::with_shell();
    terminal.type_line(&format!("{} {} signals", typed(), probe().display()));
    terminal.until("ready");
    for _ in 0..2 {
        terminal.press(CTRL_C);
        terminal.until("signal 2 value 0");
    }
    assert!(!terminal.rest().contains("signal"), "not a third time");
}

/// SIG-3: the target has gone, the destination hangs: the next Ctrl-C ends the wait.
#[test]
fn sig_3_ctrl_c_cuts_the_flush() {
    // Connections are accepted by the kernel, and nobody ever answers.
    let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = hanging.local_addr().unwrap().port();
    let mut terminal = Terminal::with_shell();
    terminal.type_line(&format!(
        "{OTEL_RUN} --traces_exporter none --logs_exporter otlp --metrics_exporter otlp --grace 20 \
         --exporter_otlp_protocol http/protobuf --exporter_otlp_endpoint http://127.0.0.1:{port} \
         -- sh -c 'echo ready; exec sleep 100'"
    ));
    terminal.until("ready");
    terminal.press(CTRL_C);
    // The target has gone when its process has.
    let shell = terminal.leader();
    eventually("the target's end", || {
        let us = children(shell).into_iter().next()?;
        (children(us).len() == 1).then_some(())
    });
    std::thread::sleep(Duration::from_millis(300));
    let pressed = Instant::now();
    terminal.press(CTRL_C);
    let (code, shown) = terminal.until_prompt();
    assert!(pressed.elapsed() < Duration::from_millis(300), "{:?}", pressed.elapsed());
    assert_eq!(code, 130, "{shown:?}");
}

#[test]
fn sig_4_ctrl_z_then_fg_and_bg() {
    let mut terminal = Terminal::with_shell();
    terminal.type_line(&format!(
        "{} sh -c 'i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo tick $i; sleep 0.05; done; exit 9'",
        typed()
    ));
    terminal.until("tick 3");
    terminal.press(CTRL_Z);
    let (code, shown) = terminal.until_prompt();
    assert_eq!(code, 148, "{shown:?}");
    assert!(shown.contains("Stopped"), "{shown:?}");
    assert!(!terminal.rest().contains("tick"), "the target is stopped too");
    let us = children(terminal.leader())[0];
    let states: Vec<(String, char)> =
        children(us).into_iter().map(|pid| (name_of(pid), state_of(pid))).collect();
    assert_eq!(state_of(us), 'T');
    // The shell may have been caught while it waits for a child that was stopped before its exec.
    assert!(states.iter().any(|(name, state)| name == "sh" && matches!(state, 'T' | 'D')), "{states:?}");
    // Telemetry goes on: what had been handed over is still delivered.
    assert!(states.iter().any(|(name, state)| name == "otel-agent" && *state != 'T'), "{states:?}");
    terminal.type_line("fg");
    terminal.until("tick");
    terminal.press(CTRL_Z);
    assert_eq!(terminal.until_prompt().0, 148);
    terminal.type_line("bg");
    terminal.until_prompt();
    terminal.until("tick");
    terminal.type_line("wait %1");
    terminal.until("tick 100");
    assert_eq!(terminal.until_prompt().0, 9);
}

/// SIG-4: a target that stops itself, as editors do, gives the shell its prompt back.
#[test]
fn sig_4_a_target_that_stops_itself() {
    assert_as_bare("{} sh -c 'echo before; kill -STOP $$; echo after; exit 5'", |terminal| {
        terminal.until("before");
        let (code, shown) = terminal.until_prompt();
        assert_eq!(code, 147, "{shown:?}");
        terminal.type_line("fg");
        terminal.until("after");
    });
    assert_as_bare("{} sh -c 'echo before; kill -TSTP 0; echo after; exit 5'", |terminal| {
        terminal.until("before");
        let (code, shown) = terminal.until_prompt();
        assert_eq!(code, 148, "{shown:?}");
        terminal.type_line("fg");
        terminal.until("after");
    });
}

#[test]
fn sig_5_ctrl_c_ends_a_loop() {
    assert_as_bare(
        "for i in 1 2 3; do {} sh -c 'echo round; exec sleep 100'; done; echo ' rest'",
        |terminal| {
            terminal.until("round");
            terminal.press(CTRL_C);
        },
    );
}

#[test]
fn sig_5_in_the_background_the_shell_keeps_the_terminal() {
    let mut terminal = Terminal::with_shell();
    terminal.type_line(&format!("{} sh -c 'sleep 0.5; exit 3' &", typed()));
    assert_eq!(terminal.until_prompt().0, 0);
    terminal.press(CTRL_C);
    assert_eq!(terminal.until_prompt().0, 130);
    terminal.type_line("wait %1");
    assert_eq!(terminal.until_prompt().0, 3);
    // One that reads from the terminal is stopped, as bare.
    terminal.type_line(&format!("{} cat &", typed()));
    terminal.until_prompt();
    eventually("the job to be stopped", || {
        terminal.type_line("jobs");
        terminal.until_prompt().1.contains("Stopped").then_some(())
    });
    terminal.type_line("fg");
    terminal.type_line("a line");
    terminal.until("a line");
    terminal.press("\u{4}");
    assert_eq!(terminal.until_prompt().0, 0);
}

#[test]
fn sig_5_in_a_pipeline_and_in_a_subshell() {
    assert_as_bare("{} sh -c 'echo out; exit 3' | {} cat; echo ${PIPESTATUS[*]}", |_| {});
    assert_as_bare("({} sh -c 'echo ready; exec sleep 100'); echo ' '$?", |terminal| {
        terminal.until("ready");
        terminal.press(CTRL_C);
    });
    assert_as_bare("{} sh -c 'while echo y; do :; done' | head -2; echo ${PIPESTATUS[*]}", |_| {});
}

#[test]
fn sig_6_a_new_size_is_seen_once() {
    let mut terminal = Terminal::with_shell();
    terminal.type_line(&format!("{} {} signals", typed(), probe().display()));
    terminal.until("ready");
    terminal.resize(40);
    terminal.until("signal 28 value 0");
    assert!(!terminal.rest().contains("signal"), "not a second time");
}

/// SIG-11: a terminal that goes away tells the leader of its session alone. When that is us, the
/// target must hear of it.
#[test]
fn sig_11_the_terminal_goes_away() {
    let folder = tempfile::tempdir().unwrap();
    let heard = folder.path().join("heard");
    let script =
        format!("trap 'echo HUP > {}; exit' HUP; echo ready; while :; do sleep 0.05; done", heard.display());
    let mut terminal = Terminal::start(&{
        let mut command = bare([OTEL_RUN, "--sdk_disabled", "true", "--", "sh", "-c"]);
        command.arg(script);
        command
    });
    terminal.until("ready");
    terminal.hang_up();
    eventually("the hang-up", || heard.exists().then_some(()));
}
