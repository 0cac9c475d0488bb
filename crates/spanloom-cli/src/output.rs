//! Where a command writes: data to stdout, talk to stderr.

use std::io::{self, Write};

use anstream::AutoStream;
use jiff::tz::TimeZone;
use terminal_size::{Width, terminal_size_of};

use crate::render::moment;

/// Columns of a line where there is no terminal.
const WIDTH_WITHOUT_TERMINAL: usize = 120;
const NARROWEST: usize = 40;
/// A store may list millions of lines; stdout alone would write each by itself.
const BUFFER_BYTES: usize = 64 * 1024;

/// Stdout, and what renderers need to know of the world.
#[derive(Debug)]
pub(crate) struct Output {
    stdout: AutoStream<io::StdoutLock<'static>>,
    buffer: String,
    /// Columns of a line.
    pub(crate) width: usize,
    /// When the command began, in nanoseconds since the Unix epoch.
    pub(crate) now_unix_nano: u64,
    /// The zone in which moments are shown.
    pub(crate) zone: TimeZone,
}

impl Output {
    /// Stdout as it is: a terminal of some width, or a pipe.
    pub(crate) fn new() -> Self {
        let width = terminal_size_of(io::stdout()).map_or(WIDTH_WITHOUT_TERMINAL, |(Width(columns), _)| columns.into());
        Self {
            stdout: anstream::stdout().lock(),
            buffer: String::new(),
            width: width.max(NARROWEST),
            now_unix_nano: moment::now_unix_nano(),
            zone: TimeZone::system(),
        }
    }

    /// Writes data, which may have colours. It is on its way after [`finish`](Self::finish).
    pub(crate) fn write(&mut self, text: &str) -> io::Result<()> {
        self.buffer.push_str(text);
        if self.buffer.len() >= BUFFER_BYTES { self.finish() } else { Ok(()) }
    }

    /// Writes a JSON text and a line end, in ASCII: JSON leaves DEL, the C1 controls and the marks that turn the direction of
    /// text as they are, and a terminal must not see them. They only stand in strings, where an escape means the same.
    pub(crate) fn json_line(&mut self, json: &str) -> io::Result<()> {
        let mut line = String::with_capacity(json.len() + 1);
        for character in json.chars() {
            match character {
                ' '..='~' => line.push(character),
                other => {
                    other.encode_utf16(&mut [0; 2]).iter().for_each(|unit| line.push_str(&format!("\\u{unit:04x}")))
                }
            }
        }
        line.push('\n');
        self.write(&line)
    }

    /// Sends what was written.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.stdout.write_all(self.buffer.as_bytes())?;
        self.buffer.clear();
        self.stdout.flush()
    }
}

/// Says something to whoever sits at the terminal. A closed stderr is no failure.
pub(crate) fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}
