//! A real MLflow server for all tests of this binary, and its Python client.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a server may take to start on a busy machine.
const START: Duration = Duration::from_secs(180);

/// A server on this machine.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) uri: String,
    port: u16,
    home: tempfile::TempDir,
    /// Its standard input is what keeps it alive: it ends with this process, however that ends.
    _process: Child,
}

impl Server {
    /// The one server of this run.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| {
            let server = Self::start_on(free_port(), tempfile::tempdir().expect("a directory"));
            server.wait_until_it_answers();
            server
        })
    }

    /// Starts a server with its database in this directory.
    pub(crate) fn start_on(port: u16, home: tempfile::TempDir) -> Self {
        let process = spawn(port, home.path());
        Self { uri: format!("http://127.0.0.1:{port}"), port, home, _process: process }
    }

    pub(crate) fn wait_until_it_answers(&self) {
        let begin = Instant::now();
        while !self.answers() {
            let log = || std::fs::read_to_string(self.home.path().join("server.log")).unwrap_or_default();
            assert!(begin.elapsed() < START, "the server did not start: {}", log());
            std::thread::park_timeout(Duration::from_millis(200));
        }
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
        let request = "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
        let mut answer = String::new();
        stream.write_all(request.as_bytes()).is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.starts_with("HTTP/1.1 200")
    }

    /// Every trace of an experiment, as `Trace.to_json` of the Python client gives it.
    pub(crate) fn read_back(&self, experiment: &str) -> Vec<Value> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("delivery/read_back.py");
        let output = Command::new(python()).arg(script).args([&self.uri, experiment]).output().expect("Python starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("the script prints JSON")
    }
}

/// A name that no other test of this run uses.
pub(crate) fn new_experiment(of: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{of}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// Where `cargo xtask test` has put MLflow.
fn python() -> PathBuf {
    std::env::var_os("SPANLOOM_TEST_PYTHON").expect("`cargo xtask test` sets SPANLOOM_TEST_PYTHON").into()
}

/// The server, in a process group that ends when this process closes the pipe, at its end at the latest.
fn spawn(port: u16, home: &Path) -> Child {
    use std::os::unix::process::CommandExt as _;
    let log = std::fs::File::create(home.join("server.log")).expect("a log");
    let script = r#""$@" & cat >/dev/null; trap '' TERM; kill -TERM 0; sleep 2; kill -KILL 0"#;
    let mut server = Command::new("sh");
    server.args(["-c", script, "sh"]).arg(python()).args([
        "-m",
        "mlflow",
        "server",
        "--host",
        "127.0.0.1",
        "--workers",
        "1",
    ]);
    server.args(["--port", &port.to_string(), "--backend-store-uri"]);
    server.arg(format!("sqlite:///{}", home.join("mlflow.db").display()));
    server.arg("--artifacts-destination").arg(home.join("artifacts"));
    // The price list of models is not fetched: nothing beyond this machine is reached.
    server.env("MLFLOW_MODEL_CATALOG_URI", "").env("MLFLOW_DISABLE_TELEMETRY", "true").current_dir(home);
    server.stdin(Stdio::piped()).stdout(log.try_clone().expect("a log")).stderr(log).process_group(0);
    server.spawn().expect("sh starts")
}
