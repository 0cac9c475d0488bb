//! A file with one trace a line: the simplest destination, and one that every tool can read.
//!
//! # Promises
//! - A line is MLflow's trace JSON, as [`Trace::to_json`](spanloom_core::Trace::to_json) writes it.
//! - Whatever the process dies of, only the last line can be incomplete; the next [`JsonLinesSink::open`] cuts it off, and
//!   the trace is written again. A last line that is a whole trace is kept, whoever wrote it.
//! - A batch that could not be written whole leaves nothing behind.
//!
//! What was written survives the death of the process. It is not synced, so a power cut may take the newest lines.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use spanloom_core::{Batch, BoxError, ExportError, ExportFuture, SealedTrace, Sink};

/// How every line starts.
const LINE_START: &[u8] = b"{\"info\": {\"trace_id\": \"";

/// Appends each completed trace to a file, as one line of MLflow's trace JSON.
///
/// A trace may come more than once, as delivery is at least once. Spans that end after their trace was closed come in a
/// further line with the same trace id; only the spans of such a line count. Blocks while it writes; an exporter gives it
/// a thread of its own.
#[derive(Debug)]
pub struct JsonLinesSink {
    name: String,
    file: File,
}

impl JsonLinesSink {
    /// Opens a file, or makes one that only its owner can read (mode 0600, where there are modes). An existing one keeps
    /// its mode and its lines. Blocking.
    ///
    /// # Errors
    /// When the file cannot be opened, is not a regular file, is written by another `JsonLinesSink` (noticed on Unix), or
    /// ends in something else than a line of this sink. Nothing is changed then.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let explained =
            |error: io::Error| io::Error::new(error.kind(), format!("cannot use `{}`: {error}", path.display()));
        let mut file = open_regular(path).map_err(explained)?;
        platform::claim(&file).map_err(explained)?;
        cut_partial_line(&mut file).map_err(explained)?;
        let file_name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        Ok(Self { name: format!("json-lines:{file_name}"), file })
    }

    fn write(&mut self, batch: Batch) -> Result<(), ExportError> {
        let (mut text, mut damaged) = (String::new(), Vec::new());
        for trace in &batch.traces {
            match trace.to_trace() {
                Ok(trace) => text.extend([trace.to_json().as_str(), "\n"]),
                Err(error) => damaged.push((Arc::clone(trace), error)),
            }
        }
        match self.append(text.as_bytes()) {
            Ok(()) => refused(damaged),
            Err(error) => {
                Err(ExportError::Retryable { sink: "json-lines", rest: batch, retry_after: None, source: error.into() })
            }
        }
    }

    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let end = cut_partial_line(&mut self.file)?;
        self.file.seek(SeekFrom::Start(end))?;
        let written = self.file.write_all(lines);
        if written.is_err() {
            // Should this fail too, the next batch begins with cutting off the partial line; lines before it would come
            // twice, as they may.
            self.file.set_len(end).ok();
        }
        written
    }
}

impl Sink for JsonLinesSink {
    /// `json-lines:` and the file's name.
    fn name(&self) -> &str {
        &self.name
    }

    fn export(&mut self, batch: Batch) -> ExportFuture<'_> {
        Box::pin(async move { self.write(batch) })
    }
}

/// A trace that cannot be decoded is not worth another attempt.
fn refused(damaged: Vec<(Arc<SealedTrace>, spanloom_core::CodecError)>) -> Result<(), ExportError> {
    let (traces, mut errors): (Vec<_>, Vec<_>) = damaged.into_iter().unzip();
    match errors.pop() {
        None => Ok(()),
        Some(error) => {
            let source = BoxError::from(error);
            Err(ExportError::Permanent {
                sink: "json-lines",
                dropped: Batch { traces },
                rest: Batch::default(),
                source,
            })
        }
    }
}

/// Opens without following a link and without waiting for the other end of a pipe.
fn open_regular(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    platform::private(&mut options);
    match options.clone().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        opened => return opened,
    }
    let seen = fs::symlink_metadata(path)?;
    if !seen.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file, give the path of one"));
    }
    let file = options.open(path)?;
    if !platform::is_same(&seen, &file.metadata()?) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it was replaced while it was opened, try again"));
    }
    Ok(file)
}

/// Removes a last line without its end, or ends it if it is a whole trace. Gives the length of the file.
fn cut_partial_line(file: &mut File) -> io::Result<u64> {
    let end = file.seek(SeekFrom::End(0))?;
    let start = start_of_last_line(file, end)?;
    if start == end {
        return Ok(end);
    }
    check_ours(file, start)?;
    if is_whole(file, start)? {
        // Written by something else that leaves the last line open, or ours and cut right before its end.
        file.seek(SeekFrom::Start(end))?;
        file.write_all(b"\n")?;
        return Ok(end + 1);
    }
    file.set_len(start)?;
    Ok(start)
}

/// Whether there is one whole JSON text from here to the end.
fn is_whole(file: &mut File, start: u64) -> io::Result<bool> {
    file.seek(SeekFrom::Start(start))?;
    match serde_json::from_reader::<_, serde::de::IgnoredAny>(BufReader::new(&mut *file)) {
        Ok(_) => Ok(true),
        Err(error) if error.is_io() => Err(error.into()),
        Err(_) => Ok(false),
    }
}

/// Where the bytes after the last newline begin.
fn start_of_last_line(file: &mut File, end: u64) -> io::Result<u64> {
    let mut block = [0; 4096];
    let mut at = end;
    while at > 0 {
        let from = at.saturating_sub(block.len() as u64);
        let part = &mut block[..(at - from) as usize];
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(part)?;
        if let Some(newline) = part.iter().rposition(|byte| *byte == b'\n') {
            return Ok(from + newline as u64 + 1);
        }
        at = from;
    }
    Ok(0)
}

/// Whether the partial line may be cut off: it starts as ours do, or is all zeros, which a power cut leaves behind.
fn check_ours(file: &mut File, start: u64) -> io::Result<()> {
    let mut tail = BufReader::new(&mut *file);
    tail.seek(SeekFrom::Start(start))?;
    let mut head = Vec::new();
    tail.by_ref().take(LINE_START.len() as u64).read_to_end(&mut head)?;
    let zeros = || tail.bytes().try_fold(true, |zeros, byte| byte.map(|byte| zeros && byte == 0));
    if LINE_START.starts_with(&head) || head.starts_with(LINE_START) {
        return Ok(());
    }
    if head.iter().all(|byte| *byte == 0) && zeros()? {
        return Ok(());
    }
    let why = "its last line has no end and was not written by Spanloom, give another path or end the line";
    Err(io::Error::new(io::ErrorKind::InvalidData, why))
}

#[cfg(unix)]
mod platform {
    use std::fs::{File, Metadata, OpenOptions, TryLockError};
    use std::io;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

    /// A file that is made with these options is its owner's alone.
    pub(super) fn private(options: &mut OpenOptions) {
        options.mode(0o600);
    }

    pub(super) fn is_same(a: &Metadata, b: &Metadata) -> bool {
        (a.dev(), a.ino()) == (b.dev(), b.ino())
    }

    /// Keeps other sinks away until the file is closed.
    pub(super) fn claim(file: &File) -> io::Result<()> {
        match file.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => Err(io::Error::new(
                io::ErrorKind::WouldBlock,
                "another sink is writing to it, give each a file of its own",
            )),
            // Some network filesystems have no locks; there, keeping apart is left to the user.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(not(unix))]
mod platform {
    use std::fs::{File, Metadata, OpenOptions};
    use std::io;

    pub(super) fn private(_options: &mut OpenOptions) {}

    pub(super) fn is_same(_a: &Metadata, _b: &Metadata) -> bool {
        true
    }

    /// A lock would keep readers away too.
    pub(super) fn claim(_file: &File) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use spanloom_core::{SpanId, SpanRecord, Trace, TraceId, TraceInfo};

    use super::*;

    /// A directory that goes with the test.
    struct Place(std::path::PathBuf);

    impl Place {
        fn new(test: &str) -> Self {
            let place = std::env::temp_dir().join(format!("spanloom-json-lines-{test}-{}", std::process::id()));
            fs::create_dir_all(&place).unwrap();
            Self(place)
        }

        fn file(&self) -> std::path::PathBuf {
            self.0.join("traces.jsonl")
        }

        fn text(&self) -> String {
            fs::read_to_string(self.file()).unwrap()
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).ok();
        }
    }

    fn trace(n: u64) -> Trace {
        let id = TraceId::from_u128(u128::from(n)).unwrap();
        let span = SpanRecord::new(id, SpanId::from_u64(n).unwrap(), "line\nbreak", n);
        Trace::new(TraceInfo::new(id, n), vec![span])
    }

    fn batch(numbers: impl IntoIterator<Item = u64>) -> Batch {
        Batch { traces: numbers.into_iter().map(|n| Arc::new(SealedTrace::from_trace(&trace(n)))).collect() }
    }

    fn export(sink: &mut JsonLinesSink, batch: Batch) -> Result<(), ExportError> {
        match sink.export(batch).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => panic!("it does not wait"),
        }
    }

    #[track_caller]
    fn check_ids(place: &Place, numbers: &[u64]) {
        let ids = place.text().lines().map(|line| Trace::from_json(line).unwrap().info.trace_id).collect::<Vec<_>>();
        assert_eq!(ids, numbers.iter().map(|n| trace(*n).info.trace_id).collect::<Vec<_>>());
    }

    #[test]
    fn each_trace_is_a_line_and_a_reopened_file_goes_on() {
        let place = Place::new("lines");
        let mut sink = JsonLinesSink::open(place.file()).unwrap();
        assert_eq!(sink.name(), "json-lines:traces.jsonl");
        export(&mut sink, batch(1..=2)).unwrap();
        drop(sink);
        export(&mut JsonLinesSink::open(place.file()).unwrap(), batch([3])).unwrap();
        check_ids(&place, &[1, 2, 3]);
    }

    #[test]
    fn a_line_that_a_crash_cut_short_is_removed_at_open() {
        let place = Place::new("crash");
        export(&mut JsonLinesSink::open(place.file()).unwrap(), batch(1..=2)).unwrap();
        let whole = place.text();
        let second = whole.find('\n').unwrap() + 1;
        for length in [second + 1, second + 30, whole.len() - 2] {
            fs::write(place.file(), &whole[..length]).unwrap();
            export(&mut JsonLinesSink::open(place.file()).unwrap(), batch([3])).unwrap();
            check_ids(&place, &[1, 3]);
        }
        fs::write(place.file(), LINE_START.repeat(1_000)).unwrap();
        export(&mut JsonLinesSink::open(place.file()).unwrap(), batch([4])).unwrap();
        check_ids(&place, &[4]);
    }

    #[test]
    fn a_last_line_of_somebody_else_is_left_alone() {
        let place = Place::new("foreign");
        let zeros_and_more = "\0".repeat(10_000) + "x";
        for foreign in ["notes\nof mine", "{\"info\": {}}\n{\"of\": \"mine\"}", &zeros_and_more] {
            fs::write(place.file(), foreign).unwrap();
            let error = JsonLinesSink::open(place.file()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert!(error.to_string().contains("traces.jsonl"), "{error}");
            assert_eq!(place.text(), foreign);
        }
    }

    #[test]
    fn what_a_power_cut_leaves_of_a_line_is_removed_at_open() {
        let place = Place::new("power");
        export(&mut JsonLinesSink::open(place.file()).unwrap(), batch([1])).unwrap();
        let whole = place.text();
        for zeros in [1, LINE_START.len(), 10_000] {
            fs::write(place.file(), whole.clone() + &"\0".repeat(zeros)).unwrap();
            export(&mut JsonLinesSink::open(place.file()).unwrap(), batch([2])).unwrap();
            check_ids(&place, &[1, 2]);
        }
    }

    #[test]
    fn a_whole_trace_without_the_end_of_its_line_is_kept() {
        let place = Place::new("open-end");
        fs::write(place.file(), trace(1).to_json()).unwrap();
        let mut sink = JsonLinesSink::open(place.file()).unwrap();
        assert_eq!(place.text(), format!("{}\n", trace(1).to_json()));
        export(&mut sink, batch([2])).unwrap();
        check_ids(&place, &[1, 2]);
    }

    #[test]
    fn a_trace_that_cannot_be_decoded_is_refused_and_the_others_are_written() {
        let place = Place::new("damaged");
        let mut mixed = batch(1..=3);
        let mut damaged = SealedTrace::clone(&mixed.traces[1]);
        damaged.body.pop();
        mixed.traces[1] = Arc::new(damaged);
        let error = export(&mut JsonLinesSink::open(place.file()).unwrap(), mixed.clone()).unwrap_err();
        let ExportError::Permanent { dropped, rest, .. } = error else { panic!("{error}") };
        assert_eq!((dropped.traces.as_slice(), rest.traces.len()), (&mixed.traces[1..2], 0));
        check_ids(&place, &[1, 3]);
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let place = Place::new("mode");
        let _sink = JsonLinesSink::open(place.file()).unwrap();
        assert_eq!(fs::metadata(place.file()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn links_directories_and_a_second_writer_are_refused() {
        let place = Place::new("refused");
        let _first = JsonLinesSink::open(place.file()).unwrap();
        assert_eq!(JsonLinesSink::open(place.file()).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        let link = place.0.join("link");
        std::os::unix::fs::symlink(place.file(), &link).unwrap();
        assert_eq!(JsonLinesSink::open(link).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert!(JsonLinesSink::open(&place.0).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_batch_that_cannot_be_written_comes_back_whole() {
        let full = OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
        let mut sink = JsonLinesSink { name: "full".to_owned(), file: full };
        let error = export(&mut sink, batch(1..=3)).unwrap_err();
        let ExportError::Retryable { rest, .. } = error else { panic!("{error}") };
        assert_eq!(rest.traces, batch(1..=3).traces);
    }
}
