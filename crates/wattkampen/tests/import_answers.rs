//! Every command that a refusal prints is run on the same file: it is accepted, or asks
//! the next question.
use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

/// A folder with the example's configuration, and the folder of the program first in the
/// search path, so that a printed command runs as it is.
fn run(folder: &Path, command: &str) -> (Option<i32>, String, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_wattkampen")).parent().expect("a folder");
    let path = env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", command])
        .env("PATH", format!("{}:{path}", program.display()))
        .env_remove("RUST_LOG")
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("a shell starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Runs the command and all that its refusal prints, and returns how many were accepted.
fn follow(folder: &Path, command: &str, questions: &mut Vec<String>) -> usize {
    let (code, out, errors) = run(folder, command);
    let asked = format!("{}\n{command}\n{out}{errors}", questions.join("\n"));
    if code == Some(0) {
        assert!(!out.contains("\n0 taken") && !out.contains(": 0 taken"), "{asked}");
        assert!(!out.contains("is not a number"), "{asked}");
        return 1;
    }
    assert_eq!(code, Some(2), "{asked}");
    let question = errors.lines().next().unwrap_or_default().to_owned();
    assert!(!questions.contains(&question), "the answer is not accepted: {asked}");
    assert!(questions.len() < 6, "{asked}");
    let commands: Vec<&str> = errors
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("wattkampen import"))
        .collect();
    assert!(!commands.is_empty(), "no way out: {asked}");
    questions.push(question);
    let accepted = commands.iter().map(|command| follow(folder, command, questions)).sum();
    questions.pop();
    accepted
}

fn rows(values: &[&str], row: impl Fn(usize, &str) -> String) -> String {
    values.iter().enumerate().map(|(hour, value)| row(hour, value) + "\n").collect()
}

#[test]
fn every_command_that_a_refusal_prints_is_accepted_by_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = include_str!("../../../deploy/example.toml");
    fs::write(folder.path().join("wattkampen.toml"), config).expect("written");
    let semicolons = |header: &str, values: &[&str]| {
        let body = rows(values, |hour, value| format!("2026-04-01 {hour:02}:00;{value}"));
        format!("{header}\n{body}")
    };
    let register: Vec<String> = (0..24).map(|hour| format!("{}", 45_000 + hour * 3)).collect();
    let register: Vec<&str> = register.iter().map(String::as_str).collect();
    let grouped = ["62,699", "58,112", "60,007"];
    let pointed = ["62.699", "58.112", "60.007"];
    let plain = ["1,5", "2,5", "2,0", "1,0"];
    let files = [
        ("commas between thousands", semicolons("Tid;Energiförbrukning (Wh)", &grouped), 2),
        ("points between thousands", semicolons("Tid;Energiförbrukning (Wh)", &pointed), 2),
        ("a value below a thousand", semicolons("Tid;Wh", &["62,699", "980", "60,007"]), 2),
        (
            "quoted thousands",
            "Tid,Wh\n2026-04-01 00:00,\"62,699\"\n2026-04-01 01:00,\"58,112\"\n".to_owned(),
            2,
        ),
        ("no unit", semicolons("Tid;Värde", &plain), 2),
        ("no unit, and thousands", semicolons("Tid;Värde", &grouped), 3),
        ("a register", semicolons("Tid;Värde kWh", &register), 1),
        ("a register in Wh", semicolons("Tid;Värde Wh", &register), 2),
        ("a unit and a register", semicolons("Tid;Värde", &register), 4),
        ("no columns", semicolons("Tid;x;y", &["1;2", "2;1", "1;3"]), 4),
        ("two columns", semicolons("Tid;Förbrukning A kWh;Förbrukning B kWh", &["1;2", "2;1"]), 2),
        (
            "two series",
            "Tid;Serie;kWh\n2026-04-01 00:00;A14;9\n2026-04-01 00:00;A15;1\n\
          2026-04-01 01:00;A14;9\n2026-04-01 01:00;A15;2\n2026-04-01 02:00;A14;9\n\
          2026-04-01 02:00;A15;3\n"
                .to_owned(),
            2,
        ),
        ("one row", "Tid;kWh\n2026-04-01 00:00;1\n".to_owned(), 2),
        (
            "hours of a day",
            rows(&["5", "6", "7"], |at, hour| {
                if at == 0 {
                    format!("Datum;Timme;kWh\n2026-04-01;{hour};1")
                } else {
                    format!("2026-04-01;{hour};1")
                }
            }),
            2,
        ),
        (
            "every second hour",
            "Tid;kWh\n2026-04-01 00:00;1\n2026-04-01 02:00;1\n\
          2026-04-01 04:00;1\n"
                .to_owned(),
            1,
        ),
        (
            "a mentioned zone",
            "Tid;Sommartid;kWh\n2026-07-10 00:00;Nej;1\n\
          2026-07-10 01:00;Nej;1\n2026-07-10 02:00;Nej;1\n"
                .to_owned(),
            3,
        ),
        (
            "days and months",
            "Tid;kWh\n03/04/2026 00:00;1\n03/04/2026 01:00;2\n\
          03/04/2026 02:00;1\n"
                .to_owned(),
            2,
        ),
    ];
    let import = "wattkampen import --config wattkampen.toml readings --dry-run";
    for (what, text, least) in files {
        for (name, options, meters) in [
            ("a.csv", " --meter 735999100000000001", 1),
            ("soderhamn_el.csv", "", 1),
            ("-rf $(x) 'a'.csv", "", 4),
        ] {
            fs::write(folder.path().join(name), &text).expect("written");
            let quoted = name.replace('\'', "'\\''");
            let command = format!("{import}{options} './{quoted}'");
            let (code, out, _) = run(folder.path(), &command);
            assert_eq!(code, Some(2), "{what} is not asked about: {out}");
            let accepted = follow(folder.path(), &command, &mut Vec::new());
            assert!(accepted >= least * meters, "{what} {name}: {accepted}");
        }
    }
}
