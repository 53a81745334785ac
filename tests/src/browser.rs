//! A real Chromium, driven by its own protocol over a pair of pipes: no driver
//! program, no port, no further crate. <https://chromedevtools.github.io/devtools-protocol/>
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    tools::Tool,
    wait::{DEADLINE, until},
};

/// A browser with a profile of its own.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    last: u64,
    _profile: TempDir,
}

/// A page of it.
#[derive(Debug)]
pub struct Tab<'a> {
    browser: &'a mut Browser,
    session: String,
    target: String,
}

impl Browser {
    /// `None` where there is no Chromium.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start() -> Option<Self> {
        let program = Tool::Chromium.find()?;
        let profile = tempfile::tempdir().expect("a temporary folder");
        let mut child = Command::new("sh")
            // Chromium reads its commands at 3 and answers at 4.
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 1>/dev/null"#])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"])
            .args(["--no-first-run", "--disable-background-networking", "--hide-scrollbars"])
            .args(["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"])
            .args(["--remote-debugging-pipe", "--force-device-scale-factor=1"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromium starts");
        let commands = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe")).split(0);
        let (send, messages) = mpsc::channel();
        thread::spawn(move || {
            for message in answers.map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("Chromium speaks JSON");
                if send.send(message).is_err() {
                    break;
                }
            }
        });
        Some(Self { child, commands, messages, last: 0, _profile: profile })
    }

    /// An empty page of this size, in CSS pixels.
    ///
    /// # Panics
    /// When Chromium refuses.
    pub fn tab(&mut self, width: u32, height: u32, scripts: bool) -> Tab<'_> {
        let made = self.call(None, "Target.createTarget", &json!({"url": "about:blank"}));
        let target = made["targetId"].as_str().expect("a target").to_owned();
        let attach = json!({"targetId": target, "flatten": true});
        let attached = self.call(None, "Target.attachToTarget", &attach);
        let session = attached["sessionId"].as_str().expect("a session").to_owned();
        let mut tab = Tab { browser: self, session, target };
        tab.call("Page.enable", &json!({}));
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        tab.call("Emulation.setDeviceMetricsOverride", &size);
        tab.call("Emulation.setScriptExecutionDisabled", &json!({"value": !scripts}));
        tab
    }

    fn call(&mut self, session: Option<&str>, method: &str, params: &Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).expect("Chromium listens");
        loop {
            let answer = self.next(method);
            if answer["id"] == self.last {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
        }
    }

    fn next(&mut self, what: &str) -> Value {
        self.messages
            .recv_timeout(DEADLINE)
            .unwrap_or_else(|_| panic!("Chromium sent nothing in {DEADLINE:?}: {what}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Tab<'_> {
    /// Opens an address and waits until it is loaded.
    ///
    /// # Panics
    /// When that does not happen.
    pub fn open(&mut self, address: &str) {
        let opened = self.call("Page.navigate", &json!({"url": address}));
        assert!(opened["errorText"].is_null(), "{address}: {}", opened["errorText"]);
        // With an event stream open the page is complete all the same.
        until("the page is loaded", || {
            let state = self.evaluate("[document.readyState, location.href]");
            (state[0] == "complete" && state[1] != "about:blank").then_some(())
        });
    }

    /// The value of a JavaScript expression. Works where the page's own scripts do not.
    ///
    /// # Panics
    /// When it throws.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let run = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", &run);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// A picture of the whole page.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn screenshot(&mut self, file: &Path) {
        let options = json!({"format": "png", "captureBeyondViewport": true});
        let shot = self.call("Page.captureScreenshot", &options);
        let png = decode(shot["data"].as_str().expect("a picture"));
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder is made");
        fs::write(file, png).expect("the picture is written");
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        let session = self.session.clone();
        self.browser.call(Some(&session), method, params)
    }
}

impl Drop for Tab<'_> {
    fn drop(&mut self) {
        if !thread::panicking() {
            let target = json!({"targetId": self.target});
            self.browser.call(None, "Target.closeTarget", &target);
        }
    }
}

/// Base64, whose alphabet Chromium does not change.
fn decode(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = four.iter().fold(0, |bits, c| bits << 6 | u32::from(value(*c)));
        let bits = bits << (6 * (4 - four.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}
