//! Every example of every README.md runs as it is written, except for the ports, and
//! prints what the document shows.
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tests::{Board, Flash, Server, Tool, process, root, until, wattkampen};

const HTTP: &str = "127.0.0.1:8080";
const MQTT: &str = "127.0.0.1:1883";

struct Block {
    kind: String,
    text: String,
}

fn blocks(document: &str) -> Vec<Block> {
    let readme = fs::read_to_string(root().join(document)).unwrap();
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(kind), false) => {
                blocks.push(Block { kind: kind.to_owned(), text: String::new() });
                inside = true;
            }
            (Some(_), true) => inside = false,
            (None, true) => blocks.last_mut().unwrap().text += &format!("{line}\n"),
            (None, false) => {}
        }
    }
    blocks
}

/// One command of a console block, and the lines promised below it.
fn commands(block: &str) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => all.push((command.to_owned(), Vec::new())),
            None => all.last_mut().expect("a block begins with a command").1.push(line.to_owned()),
        }
    }
    all
}

/// A folder in which commands run, with the processes that they started.
struct Shell {
    folder: PathBuf,
    server: Option<Server>,
    fleet: Option<Child>,
}

impl Shell {
    fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), server: None, fleet: None }
    }

    fn run(&mut self, command: &str, promised: &[String]) {
        let words: Vec<_> = command.split_whitespace().collect();
        match words.as_slice() {
            ["cargo", "run", "--release", "--", "demo"] => {
                self.server = None;
                self.expect_addresses(promised, Server::demo(&self.folder.join("demo"), &[]));
            }
            ["wattkampen", "serve", "--config", file] => {
                self.server = None;
                self.expect_addresses(promised, Server::serve(&self.folder.join(file)));
            }
            ["wattkampen", "simulate", ..] => self.simulate(command),
            // The test command would run itself; the subcommand has to exist.
            ["cargo", "xtask", task] => {
                let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
                let xtask = ["run", "--quiet", "--package", "xtask", "--", task, "--help"];
                let known = Command::new(cargo).args(xtask).current_dir(root()).output().unwrap();
                assert!(known.status.success(), "{command}");
            }
            _ => self.shell(command, promised),
        }
    }

    fn expect_addresses(&mut self, promised: &[String], server: Server) {
        assert_eq!(promised, [format!("http://{HTTP}"), format!("mqtt://{MQTT}")]);
        self.server = Some(server);
    }

    /// The same text with the ports of this run.
    fn with_ports(&self, text: &str) -> String {
        let Some(server) = &self.server else { return text.to_owned() };
        let mqtt = server.broker();
        text.replace(HTTP, &server.http.to_string())
            .replace(MQTT, &mqtt.to_string())
            .replace("-p 1883", &format!("-p {}", mqtt.port()))
    }

    fn simulate(&mut self, command: &str) {
        let server = self.server.as_ref().expect("the document starts a service first");
        let before = server.metric("wattkampen_deliveries_total");
        let words = self.with_ports(command);
        let arguments = words.split_whitespace().skip(1);
        let fleet = Command::new(wattkampen()).args(arguments).stdout(Stdio::null()).spawn();
        self.fleet = Some(fleet.unwrap());
        until("the fleet publishes", || {
            (server.metric("wattkampen_deliveries_total") > before).then_some(())
        });
    }

    fn shell(&self, command: &str, promised: &[String]) {
        let path = std::env::var("PATH").unwrap_or_default();
        let ours = wattkampen().parent().unwrap().display();
        let configured = command.contains("--config wattkampen.toml");
        let folder = if configured { self.folder.as_path() } else { root() };
        let done = process::output(
            Command::new("bash")
                .args(["-euo", "pipefail", "-c", &self.with_ports(command)])
                .current_dir(folder)
                .env("PATH", format!("{ours}:{path}")),
        );
        let output = String::from_utf8(done.stdout).unwrap();
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "$ {command}\n{output}{errors}");
        for line in promised {
            assert!(output.lines().any(|l| l == line), "$ {command}\n{output}lacks {line}");
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        if let Some(fleet) = &mut self.fleet {
            let _ = fleet.kill();
            let _ = fleet.wait();
        }
    }
}

/// The names in a JSON value; of a list those of its first entry.
fn shape(value: &serde_json::Value, at: &str, names: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                names.push(format!("{at}.{name}"));
                shape(value, &format!("{at}.{name}"), names);
            }
        }
        serde_json::Value::Array(entries) if entries.first().is_some_and(|e| e.is_object()) => {
            shape(&entries[0], &format!("{at}[]"), names);
        }
        _ => {}
    }
}

fn names(value: &serde_json::Value) -> Vec<String> {
    let mut names = Vec::new();
    shape(value, "", &mut names);
    names.sort();
    names
}

/// Writes a document's configuration with free ports.
fn configure(text: &str, folder: &Path) {
    let text = text.replace(HTTP, "127.0.0.1:0").replace(MQTT, "127.0.0.1:0");
    fs::write(folder.join("wattkampen.toml"), text).unwrap();
}

/// Runs a document from top to bottom. A document without a configuration of its own
/// gets the one of README.md, and a service that runs it.
fn run(document: &str) {
    let (Some(_), Some(_)) = (Tool::MosquittoClients.find(), Tool::Curl.find()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut shell = Shell::new(folder.path());
    let own = blocks(document);
    if !own.iter().any(|block| block.kind == "toml") {
        let main = blocks("README.md");
        let toml = main.iter().find(|block| block.kind == "toml").expect("README.md configures");
        configure(&toml.text, folder.path());
        shell.server = Some(Server::serve(&folder.path().join("wattkampen.toml")));
    }
    for Block { kind, text } in own {
        match kind.as_str() {
            "console" => {
                for (command, promised) in commands(&text) {
                    shell.run(&command, &promised);
                }
            }
            "toml" => configure(&text, folder.path()),
            "json" => {
                let shown: serde_json::Value = serde_json::from_str(&text).unwrap();
                let server = shell.server.as_ref().expect("a service runs");
                let given = server.get("/api/v1/leaderboard").json();
                // The level of a participant without a baseline is null.
                let mut levels =
                    given["rows"].as_array().expect("rows").iter().map(|row| &row["level"]);
                let no_level = levels.all(serde_json::Value::is_null);
                let in_level = |name: &String| no_level && name.starts_with(".rows[].level.");
                let mut shown = names(&shown);
                shown.retain(|name| !in_level(name));
                assert_eq!(shown, names(&given), "the leaderboard's fields");
            }
            "text" => {}
            other => panic!("{document}: a block of kind {other:?} has no way to be run here"),
        }
    }
}

#[test]
fn the_main_readme_runs() {
    run("README.md");
}

#[test]
fn the_servers_readme_runs() {
    run("crates/server/README.md");
}

#[test]
fn the_programs_readme_runs() {
    run("crates/wattkampen/README.md");
}

#[test]
fn the_deployment_readme_runs() {
    run("deploy/README.md");
}

#[test]
fn the_readme_is_short() {
    let size = fs::metadata(root().join("README.md")).unwrap().len();
    assert!(size <= 8192, "README.md has {size} bytes; details belong to the README of a crate");
}

/// The commands that a technician types, and the mistake that is shown, on the
/// emulated board: each command with its answer.
#[test]
fn the_firmwares_steps_are_understood_by_the_board() {
    let readme = fs::read_to_string(root().join("firmware/README.md")).unwrap();
    let mut lines = readme.lines().map(str::trim).peekable();
    let mut steps = Vec::new();
    while let Some(line) = lines.next() {
        let alone = line.starts_with("set ").then_some(line);
        let within = line.split('`').skip(1).step_by(2).filter(|text| text.starts_with("set "));
        for command in alone.into_iter().chain(within) {
            let answer = lines.peek().filter(|next| next.starts_with("error: ")).unwrap_or(&"ok");
            if !command.contains(['…', 'N']) && command.split(' ').count() == 3 {
                steps.push((command, (*answer).to_owned()));
            }
        }
    }
    assert!(steps.len() >= 7, "{steps:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut board) = Board::start("gateway", &Flash::erased(folder.path(), 1)) else { return };
    for (command, answer) in &steps {
        assert_eq!(board.command(command), *answer, "{command}");
    }
    assert_eq!(board.command("save"), "saved; restarting");
}
