//! At a terminal, the program has one.

use super::flags;
use crate::support::process::OTEL_RUN;
use crate::support::sink::Sink;
use crate::support::terminal::{CTRL_C, CTRL_Z, Terminal};

fn typed(sink: &Sink) -> String {
    format!("{OTEL_RUN} {} --", flags(&sink.url()).join(" "))
}

/// What the same keys do to the same line, with and without us.
#[track_caller]
fn assert_as_bare(line: &str, keys: impl Fn(&mut Terminal)) {
    let sink = Sink::start();
    let us = typed(&sink);
    let [bare, ours] = ["", &us].map(|us| {
        let mut terminal = Terminal::with_shell();
        terminal.type_line(&line.replace("{}", us));
        keys(&mut terminal);
        terminal.until_prompt()
    });
    assert_eq!(ours, bare);
}

#[test]
fn it_is_one_of_the_same_size_and_bytes_pass_unchanged() {
    assert_as_bare("{} sh -c 'test -t 1 && test -t 2 && echo both'", |_| ());
    assert_as_bare("{} sh -c 'stty size <&1; printf \"a\\tb\\r\\033[31mred\\033[0m\\n\" >&2'", |_| ());
    assert_as_bare("{} sh -c 'stty -a <&1 | grep -o \" opost\"; ls --color=auto -d /'", |_| ());
}

#[test]
fn keys_work_as_before() {
    assert_as_bare("{} sh -c 'echo ready; exec sleep 100'", |terminal| {
        terminal.until("ready");
        terminal.press(CTRL_C);
    });
    let sink = Sink::start();
    let mut terminal = Terminal::with_shell();
    terminal.type_line(&format!("{} sh -c 'echo ready; read word; echo got $word'", typed(&sink)));
    terminal.until("ready");
    terminal.press(CTRL_Z);
    assert_eq!(terminal.until_prompt().0, 148);
    terminal.type_line("fg");
    terminal.type_line("a-word");
    terminal.until("got a-word");
    assert_eq!(terminal.until_prompt().0, 0);
}

#[test]
fn its_size_follows() {
    let sink = Sink::start();
    let mut terminal = Terminal::with_shell();
    let script = "trap \"stty size <&1\" WINCH; stty size <&1; while :; do sleep 0.05; done";
    terminal.type_line(&format!("{} sh -c '{script}'", typed(&sink)));
    terminal.until("0 200");
    terminal.resize(47);
    terminal.until("47 200");
    terminal.press(CTRL_C);
    terminal.until_prompt();
}

/// Modes that the program sets on its output are those of the real terminal, and are taken back with it.
#[test]
fn modes_follow() {
    let sink = Sink::start();
    let mut terminal = Terminal::with_shell();
    terminal.type_line("stty echo");
    terminal.until_prompt();
    let script = "echo begin; stty -echo -icanon <&1; sleep 0.3; stty -a < /dev/tty | grep -o \"[-]*echo \"; \
                  stty echo icanon <&1; sleep 0.3; stty -a < /dev/tty | grep -o \"[-]*echo \"; echo end";
    terminal.type_line(&format!("{} sh -c '{script}'", typed(&sink)));
    terminal.until("begin\r\n");
    let shown = terminal.until("end\r\n");
    assert_eq!(shown, "-echo \r\necho \r\nend\r\n");
}
