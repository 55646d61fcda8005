//! A rust-analyzer with one file open, shared by all checks: the protocol is JSON messages, each behind its length.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// For everything together; most of it is the first build of the dependencies.
const TIME_LIMIT: Duration = Duration::from_mins(3);

/// An answer that is no answer: the server was still reading the file.
const CONTENT_MODIFIED: i64 = -32801;

static SERVER: LazyLock<Mutex<Option<LanguageServer>>> = LazyLock::new(|| {
    let server = LanguageServer::start();
    if let Err(reason) = &server {
        // Past the capture of the test's output, so that it is seen.
        let _ = writeln!(io::stderr(), "skipped: {reason}");
    }
    Mutex::new(server.ok())
});

/// What hovering the place `$0` shows, in Markdown; nothing without a rust-analyzer.
pub(crate) fn hover(file: &str) -> Option<String> {
    let answer = ask("textDocument/hover", file)?;
    Some(answer["contents"]["value"].as_str().unwrap_or_default().to_owned())
}

/// The labels that completion offers at `$0`; nothing without a rust-analyzer.
pub(crate) fn completions(file: &str) -> Option<Vec<String>> {
    let answer = ask("textDocument/completion", file)?;
    let items = answer["items"].as_array().into_iter().flatten();
    Some(items.filter_map(|item| item["label"].as_str()).map(str::to_owned).collect())
}

/// The text of the line that going to the definition of `$0` leads to; nothing without a rust-analyzer.
pub(crate) fn definition(file: &str) -> Option<String> {
    let answer = ask("textDocument/definition", file)?;
    let first = answer.get(0).unwrap_or(&answer);
    // A link, or a plain location.
    let range = first.get("targetSelectionRange").or_else(|| first.get("range"));
    let line = range.and_then(|range| usize::try_from(range["start"]["line"].as_u64()?).ok());
    let text = line.and_then(|line| file.lines().nth(line)).unwrap_or_default();
    Some(text.replace("$0", "").trim().to_owned())
}

/// Asks about the place `$0` of a file. A check that failed leaves the server as it is, so its poison does not matter.
fn ask(method: &str, file: &str) -> Option<Value> {
    let mut server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    let server = server.as_mut()?;
    let (before, after) = file.split_once("$0").expect("a check has a cursor");
    server.change(&format!("{before}{after}"));
    let (lines, column) =
        (before.matches('\n').count(), before.len() - before.rfind('\n').map_or(0, |at| at + 1));
    let position = json!({ "line": lines, "character": column });
    Some(server.request(method, &json!({ "textDocument": { "uri": server.uri }, "position": position })))
}

struct LanguageServer {
    input: ChildStdin,
    messages: Receiver<Value>,
    /// The address of the one file.
    uri: String,
    version: u64,
    requests: u64,
    /// What the server last said of itself.
    status: Value,
    deadline: Instant,
}

impl LanguageServer {
    /// Starts the server, and waits until it has built the macros and read everything; or says why there is none.
    fn start() -> Result<Self, String> {
        let program = find()?;
        let directory = package().expect("the directory for tests can be written to");
        let log =
            File::create(directory.join("rust-analyzer.log")).expect("the package was just written there");
        let mut child = Command::new(program)
            .current_dir(&directory)
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TARGET_DIR", directory.join("target"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("it ran a moment ago");
        let (sender, messages) = mpsc::channel();
        let mut output = BufReader::new(child.stdout.take().expect("stdout is piped"));
        // The server ends when its input does.
        let input = child.stdin.take().expect("stdin is piped");
        thread::spawn(move || {
            while read(&mut output).is_ok_and(|message| sender.send(message).is_ok()) {}
            child.wait()
        });
        let mut server = Self {
            input,
            messages,
            uri: uri(&directory.join("src/lib.rs")),
            version: 0,
            requests: 0,
            status: Value::Null,
            deadline: Instant::now() + TIME_LIMIT,
        };
        server.initialize(&directory);
        server.wait_until_ready()?;
        Ok(server)
    }

    fn initialize(&mut self, directory: &Path) {
        let options = json!({
            "cachePriming": { "enable": false },
            "checkOnSave": false,
            // The standard library's sources are not needed; where they are missing rustup would download them.
            "cargo": { "sysrootSrc": directory.join("no-sysroot") },
        });
        let capabilities = json!({
            "experimental": { "serverStatusNotification": true },
            "textDocument": { "hover": { "contentFormat": ["markdown"] } },
        });
        self.request(
            "initialize",
            &json!({
                "processId": std::process::id(),
                "rootUri": uri(directory),
                "capabilities": capabilities,
                "initializationOptions": options,
            }),
        );
        self.send("initialized", &json!({}));
        let document = json!({ "uri": self.uri, "languageId": "rust", "version": 0, "text": "" });
        self.send("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        while self.status["quiescent"] != true {
            self.receive();
        }
        assert_ne!(self.status["health"], "error", "{}", self.status);
        // Then it runs no macro; nothing else is meant to be missing but the standard library's sources.
        if self.status["message"].as_str().is_some_and(|message| message.contains("proc-macro server")) {
            return Err(
                "this rust-analyzer is too old for this Rust's macros (install the toolchain's own by \
                        `rustup component add rust-analyzer`)"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// Replaces the text of the file.
    fn change(&mut self, text: &str) {
        self.version += 1;
        let document = json!({ "uri": self.uri, "version": self.version });
        let changes = json!([{ "text": text }]);
        self.send("textDocument/didChange", &json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// Asks, and waits for the answer.
    fn request(&mut self, method: &str, parameters: &Value) -> Value {
        loop {
            self.requests += 1;
            let id = self.requests;
            self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": parameters }));
            let mut answer = loop {
                let message = self.receive();
                if message["id"] == id && message.get("method").is_none() {
                    break message;
                }
            };
            match &answer["error"] {
                Value::Null => return answer["result"].take(),
                error if error["code"] == CONTENT_MODIFIED => {}
                error => panic!("rust-analyzer answered {method} with {error}"),
            }
        }
    }

    /// Tells the server something that has no answer.
    fn send(&mut self, method: &str, parameters: &Value) {
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": parameters }));
    }

    fn write(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("rust-analyzer runs");
    }

    /// The next message. The server's own questions are answered with nothing.
    fn receive(&mut self) -> Value {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let message = self.messages.recv_timeout(left).unwrap_or_else(|error| {
            panic!(
                "rust-analyzer was not done in {TIME_LIMIT:?} or ended ({error}); it last said {}",
                self.status
            )
        });
        match (&message["method"], message.get("id")) {
            (Value::String(method), None) if method == "experimental/serverStatus" => {
                self.status = message["params"].clone();
            }
            (Value::String(_), Some(id)) => {
                self.write(&json!({ "jsonrpc": "2.0", "id": id, "result": null }));
            }
            _ => {}
        }
        message
    }
}

/// The program that `CONVNET_RUST_ANALYZER` names; without it the first that runs. rustup has a `rust-analyzer` that does
/// not, where the component is missing; a distribution's may then stand behind it.
fn find() -> Result<PathBuf, String> {
    let runs =
        |program: &Path| Command::new(program).arg("--version").output().is_ok_and(|it| it.status.success());
    if let Some(program) = std::env::var_os("CONVNET_RUST_ANALYZER").map(PathBuf::from) {
        assert!(runs(&program), "CONVNET_RUST_ANALYZER={} does not run", program.display());
        return Ok(program);
    }
    let programs = ["rust-analyzer", "/usr/bin/rust-analyzer"].map(PathBuf::from);
    programs.into_iter().find(|program| runs(program)).ok_or_else(|| {
        "no rust-analyzer on the PATH (install one by `rustup component add rust-analyzer`)".to_owned()
    })
}

/// Writes a package that depends on the facade; with our lock file, so that nothing is downloaded.
fn package() -> io::Result<PathBuf> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor");
    let convnet = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir_all(directory.join("src"))?;
    fs::write(
        directory.join("Cargo.toml"),
        format!(
            "[package]
name = \"edited\"
version = \"0.0.0\"
edition = \"2024\"

[dependencies]
convnet = {{ path = '{}', default-features = false }}

[workspace]
",
            convnet.display()
        ),
    )?;
    fs::write(directory.join("src/lib.rs"), "")?;
    fs::copy(convnet.join("Cargo.lock"), directory.join("Cargo.lock"))?;
    Ok(directory)
}

/// The address of a file.
fn uri(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.to_str().expect("the path is Unicode").bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// Reads one message.
fn read(output: &mut BufReader<ChildStdout>) -> io::Result<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", digits)) => length = digits.parse().map_err(io::Error::other)?,
            Some(_) => {}
            None => break,
        }
    }
    let mut text = vec![0; length];
    output.read_exact(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}
