//! `import` and `init` as an organiser uses them: what is stored, what is asked, and the
//! exit codes.
use std::{
    fs,
    io::{Read, Write},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

const METER: &str = "735999100000000001";
const OTHER: &str = "735999100000000002";

/// A folder with the example's configuration, whose baseline begins in March 2026.
struct Organiser {
    folder: TempDir,
}

impl Organiser {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let text = include_str!("../../../deploy/example.toml");
        fs::write(folder.path().join("wattkampen.toml"), text).expect("written");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) -> &Self {
        fs::write(self.path(name), text).expect("written");
        self
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wattkampen"));
        command
            .args(["import", "--config", "wattkampen.toml"])
            .args(words)
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> (Option<i32>, String, String) {
        texts(&self.command(words).output().expect("wattkampen starts"))
    }

    /// Standard output of a command that succeeds.
    #[track_caller]
    fn done(&self, words: &[&str]) -> String {
        let (code, out, errors) = self.run(words);
        assert_eq!(code, Some(0), "{out}{errors}");
        out
    }

    /// Standard error of a command that is refused.
    #[track_caller]
    fn refused(&self, words: &[&str]) -> String {
        let (code, out, errors) = self.run(words);
        assert_eq!(code, Some(2), "{out}{errors}");
        assert_eq!(out, "");
        errors
    }
}

fn texts(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn hours(header: &str, day: &str, values: &[&str]) -> String {
    let rows =
        values.iter().enumerate().map(|(hour, value)| format!("{day} {hour:02}:00;{value}\n"));
    format!("{header}\n{}", rows.collect::<String>())
}

#[test]
fn what_is_not_clear_is_refused_with_the_command_for_each_answer() {
    let town = Organiser::new();
    town.file("a.csv", &hours("Tid;Värde", "2026-04-01", &["1,5", "2,5", "3,5"]));
    let errors = town.refused(&["readings", "--meter", METER, "a.csv"]);
    let lines: Vec<&str> = errors.lines().collect();
    assert!(lines[0].starts_with("wattkampen: a.csv: the name of the value column"), "{errors}");
    let start =
        format!("    wattkampen import --config wattkampen.toml readings --meter {METER} --unit");
    for (line, unit) in lines[2..].iter().zip(["Wh", "kWh", "MWh"]) {
        let expected = format!("{start} {unit} a.csv  # the first value is 1,5 {unit}");
        assert_eq!(*line, expected);
    }
    // The printed command answers.
    let words: Vec<&str> = lines[3].trim().split("  #").next().unwrap().split(' ').collect();
    let out = town.done(&words[4..]);
    assert!(out.contains("3 taken, 0 repeated, 0 empty, 0 refused"), "{out}");
}

#[test]
fn a_dry_run_shows_three_rows_and_stores_nothing() {
    let town = Organiser::new();
    town.file("a.csv", &hours("Sluttid;kWh", "2026-04-01", &["1,5", "2,5", "3,5", "x"]));
    let words = ["readings", "--meter", METER, "--dry-run", "a.csv"];
    for _ in 0..2 {
        let out = town.done(&words);
        assert!(out.contains(&format!("the first rows as they are stored of {METER}:")), "{out}");
        assert!(out.contains("2026-03-31 23:00 CEST, 60 minutes to 00:00: 1.5 kWh"), "{out}");
        assert!(out.contains("2026-04-01 01:00 CEST, 60 minutes to 02:00: 3.5 kWh"), "{out}");
        assert!(out.contains("3 taken, 0 repeated, 0 empty, 1 refused"), "{out}");
    }
    assert!(town.done(&["--dry-run", "readings", "--meter", METER, "a.csv"]).contains("3 taken"));
    assert!(town.done(&["readings", "--meter", METER, "a.csv"]).contains("3 taken, 0 repeated"));
    assert!(town.done(&["readings", "--meter", METER, "a.csv"]).contains("0 taken, 3 repeated"));
}

#[test]
fn an_import_goes_on_past_files_without_rows() {
    let town = Organiser::new();
    let rows = "timestamp,energy_wh\n2026-04-01T00:00:00Z,5\n2026-04-01T01:00:00Z,6\n";
    town.file(&format!("{METER}.csv"), rows).file("empty.csv", "").file("header.csv", "Tid;kWh\n");
    town.file(&format!("{OTHER}.csv"), rows);
    let files = [format!("{METER}.csv"), format!("{OTHER}.csv")];
    let words = ["readings", &files[0], "empty.csv", "header.csv", "absent.csv", &files[1]];
    let (code, out, errors) = town.run(&words);
    assert_eq!(code, Some(1), "{out}{errors}");
    assert!(out.contains("2 of 5 files were imported\n"), "{out}");
    assert!(out.contains("  not empty.csv: the file is empty\n"), "{out}");
    assert!(out.contains("  not header.csv: the file has a header and no rows\n"), "{out}");
    assert!(out.contains("  not absent.csv: absent.csv cannot be read"), "{out}");
    assert!(town.done(&["readings", &files[1]]).contains("0 taken, 2 repeated"));
}

#[test]
fn a_saved_layout_answers_for_later_files_of_its_kind() {
    let town = Organiser::new();
    town.file("a.csv", &hours("Tid;Värde", "2026-04-01", &["1,5", "2,5", "3,5"]));
    town.file("b.csv", &hours("Tid;Värde", "2026-04-02", &["1,5", "2,5", "3,5"]));
    let save =
        ["readings", "--meter", METER, "--unit", "kWh", "--save-layout", "kommunen", "a.csv"];
    let (code, _, errors) = town.run(&save);
    assert!(code == Some(0) && errors.contains("layouts/kommunen.toml"), "{errors}");
    let out = town.done(&["readings", "--meter", METER, "b.csv"]);
    assert!(out.contains("3 taken"), "{out}");
    // Under another header it is stated by name.
    town.file("c.csv", &hours("Tidpunkt;Mängd", "2026-04-03", &["1,5", "2,5", "3,5"]));
    town.refused(&["readings", "--meter", METER, "c.csv"]);
    let unknown = town.refused(&["readings", "--meter", METER, "--layout", "annan", "b.csv"]);
    assert!(unknown.contains("no layout is saved as \"annan\""), "{unknown}");
    let out = town.done(&["readings", "--meter", METER, "--layout", "kommunen", "b.csv"]);
    assert!(out.contains("3 repeated"), "{out}");
}

#[test]
fn a_meter_may_be_stated_by_its_participant() {
    let town = Organiser::new();
    let rows = hours("Tid;kWh", "2026-04-01", &["1,5", "2,5", "2,0"]);
    town.file("a.csv", &rows).file("Söderhamn.csv", &rows);
    for (name, taken) in [("soderhamn", 3), ("Söderhamn", 0), ("SÖDERHAMN", 0), (METER, 0)] {
        let out = town.done(&["readings", "--meter", name, "a.csv"]);
        assert!(out.contains(&format!("{taken} taken, {} repeated", 3 - taken)), "{out}");
    }
    assert!(town.done(&["readings", "Söderhamn.csv"]).contains("0 taken, 3 repeated"));
    let several = town.refused(&["readings", "--meter", "Piteå", "a.csv"]);
    assert!(several.contains("Piteå, Stadshuset has 3 meters"), "{several}");
    let unknown = town.refused(&["readings", "--meter", "Gävle", "a.csv"]);
    assert!(unknown.contains(&format!("{METER} (Söderhamn, Rådhuset)")), "{unknown}");
    town.file("t.csv", &hours("Tid;Temperatur", "2026-04-01", &["1,5", "2,5", "2,0"]));
    let out = town.done(&["temperature", "--participant", "Piteå", "t.csv"]);
    assert!(out.contains("3 taken"), "{out}");
    let unknown = town.refused(&["temperature", "t.csv"]);
    assert!(unknown.contains("--participant pitea t.csv  # Piteå, Stadshuset"), "{unknown}");
}

#[test]
fn the_meter_is_asked_for_together_with_the_unit() {
    let town = Organiser::new();
    let rows = |header| hours(header, "2026-04-01", &["1,5", "2,5", "2,0"]);
    town.file("soderhamn_timmar.csv", &rows("Tid;Värde")).file("el.csv", &rows("Tid;kWh"));
    let errors = town.refused(&["readings", "soderhamn_timmar.csv"]);
    let expected = format!(
        "readings --meter {METER} --unit kWh soderhamn_timmar.csv  # Söderhamn, Rådhuset; the"
    );
    assert!(errors.contains(&expected), "{errors}");
    assert!(!errors.contains(OTHER), "{errors}");
    let errors = town.refused(&["readings", "el.csv"]);
    for (meter, place) in [(METER, "Söderhamn, Rådhuset"), (OTHER, "Piteå, Stadshuset")] {
        assert!(errors.contains(&format!("--meter {meter} el.csv  # {place}")), "{errors}");
    }
    // The file says itself whose it is.
    let column = format!("Mätare;Tid;Värde\n{METER};2026-04-01 00:00;1,5\n");
    town.file("portfolio.csv", &column);
    let errors = town.refused(&["readings", "portfolio.csv"]);
    assert!(!errors.contains("--meter"), "{errors}");
}

#[test]
fn heavy_losses_are_warned_of_with_the_unit_first() {
    let town = Organiser::new();
    let rows = hours("Tid;kWh", "2026-04-01", &["500", "1500", "400", "2500"]);
    town.file("a.csv", &rows);
    let (code, out, errors) = town.run(&["readings", "--meter", METER, "a.csv"]);
    assert_eq!(code, Some(0), "{errors}");
    assert!(out.contains("refused 2: the unit may be wrong (--unit states it), or"), "{out}");
    let warning = "WARNING: a.csv: 2 of 4 rows with a value are refused (50 %)";
    assert!(errors.contains(warning), "{errors}");
    let values = vec!["5"; 23];
    town.file("b.csv", &hours("Tid;kWh", "2026-04-02", &values));
    let (_, _, errors) = town.run(&["readings", "--meter", METER, "b.csv"]);
    assert!(!errors.contains("WARNING"), "{errors}");
}

#[test]
fn the_form_of_a_text_is_printed_and_one_file_was_imported() {
    let town = Organiser::new();
    let rows = hours("Tid;Förbrukning kWh", "2026-04-01", &["1,5", "2,5", "2,0"]);
    let latin: Vec<u8> =
        rows.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
    fs::write(town.path("a.csv"), latin).expect("written");
    town.file("b.csv", "");
    let (_, out, errors) = town.run(&["readings", "--meter", METER, "a.csv", "b.csv"]);
    assert!(out.contains("1 of 2 files was imported"), "{out}");
    assert!(errors.contains("; windows-1252, delimiter ';', decimal comma"), "{errors}");
}

#[test]
fn a_portfolio_fills_all_its_meters() {
    let town = Organiser::new();
    let mut text = "Mätpunkt;Tidpunkt;kWh\n".to_owned();
    for hour in 0..3 {
        for (meter, kwh) in [(METER, 1), (OTHER, 50), ("735999100000000099", 7)] {
            text += &format!("{meter};2026-04-01 0{hour}:00;{kwh}\n");
        }
    }
    town.file("portfolio.csv", &text);
    let out = town.done(&["readings", "portfolio.csv"]);
    assert!(out.contains("6 taken, 0 repeated, 0 empty, 0 refused"), "{out}");
    assert!(out.contains("left out 3"), "{out}");
    let one = town.done(&["readings", "--meter", OTHER, "portfolio.csv"]);
    assert!(one.contains("0 taken, 3 repeated"), "{one}");
    assert!(out.contains("the configuration does not have the row's meter, as in"), "{out}");
    assert!(one.contains("left out 6: the row is of another meter than --meter states"), "{one}");
}

#[test]
fn what_a_file_has_is_not_written_to_the_terminal() {
    let town = Organiser::new();
    town.file("a\u{1b}.csv", "Tid;kWh\n2026-04-01 00:00;1\n\u{1b}[2J;2\n2026-04-01 01:00;\u{202e}3\n2026-04-01 02:00;1\n");
    let (_, out, errors) = town.run(&["readings", "--meter", METER, "a\u{1b}.csv"]);
    for text in [&out, &errors] {
        let safe = |c: char| c == '\n' || (!c.is_control() && c != '\u{202e}');
        assert!(text.chars().all(safe), "{text:?}");
    }
    assert!(out.contains("\\u{1b}[2J"), "{out}");
}

/// A pseudo-terminal: the side that a person has, and the side that a program has.
fn terminal() -> (fs::File, OwnedFd) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&person).expect("granted");
    unlockpt(&person).expect("unlocked");
    let name = ptsname(&person, Vec::new()).expect("a name");
    let name = Path::new(name.to_str().expect("UTF-8")).to_owned();
    let program = fs::File::options().read(true).write(true).open(name).expect("open");
    (person.into(), program.into())
}

#[test]
fn a_terminal_is_shown_the_rows_and_asked() {
    for (answer, stored) in [("n", false), ("y", true)] {
        let town = Organiser::new();
        town.file("a.csv", &hours("Tid;kWh", "2026-04-01", &["1,5", "2,5", "3,5"]));
        let (mut person, program) = terminal();
        let mut command = town.command(&["readings", "--meter", METER, "a.csv"]);
        command.stdin(program.try_clone().expect("a clone")).stderr(program);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("wattkampen starts");
        drop(command);
        let mut shown = Vec::new();
        let mut buffer = [0; 4096];
        while !String::from_utf8_lossy(&shown).contains("[y/n]") {
            let count = person.read(&mut buffer).expect("the program writes");
            assert!(count > 0, "{}", String::from_utf8_lossy(&shown));
            shown.extend_from_slice(&buffer[..count]);
        }
        let shown = String::from_utf8_lossy(&shown);
        assert!(shown.contains("2026-04-01 00:00 CEST, 60 minutes to 01:00: 1.5 kWh"), "{shown}");
        person.write_all(format!("{answer}\n").as_bytes()).expect("the program reads");
        let status = child.wait().expect("it ends");
        assert_eq!(status.code(), Some(i32::from(!stored)), "{answer}");
        let out = town.done(&["readings", "--meter", METER, "a.csv"]);
        assert_eq!(out.contains("3 repeated"), stored, "{out}");
    }
}

#[test]
fn init_writes_a_configuration_that_is_right_and_overwrites_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wattkampen"));
        texts(&command.args(words).current_dir(folder.path()).output().expect("it starts"))
    };
    let (code, out, errors) = run(&["init", "tävling"]);
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(out, "tävling/wattkampen.toml\ntävling/735999100000000001.csv\n");
    let config = "tävling/wattkampen.toml";
    let (code, _, errors) = run(&["check", "--config", config]);
    assert_eq!(code, Some(0), "{errors}");
    let file = "tävling/735999100000000001.csv";
    let (code, out, errors) = run(&["import", "--config", config, "readings", file]);
    assert_eq!(code, Some(0), "{errors}");
    assert!(out.contains("2 taken, 0 repeated, 1 empty, 0 refused"), "{out}");
    fs::remove_file(folder.path().join(file)).expect("removed");
    fs::write(folder.path().join(config), "mine").expect("written");
    let (code, out, errors) = run(&["init", "tävling"]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{errors}");
    assert!(errors.contains("is there already"), "{errors}");
    assert_eq!(fs::read_to_string(folder.path().join(config)).expect("there"), "mine");
    assert!(!folder.path().join(file).exists());
}
