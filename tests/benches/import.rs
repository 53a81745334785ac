//! How many rows a second an import takes, and how much memory: ten million
//! quarter-hours of energy, from plain CSV into an empty store, and again.
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use jiff::SignedDuration;
use tests::{PAST, Place, TownHall, bench, local, process, target_dir, wattkampen, write_config};

/// Quarter-hours from 1 March 2024 to 1 June 2025.
const EACH: usize = 43_868;

fn main() {
    let rows = if bench::quick() { 100_000 } else { 10_000_000_usize };
    let halls = TownHall::several(rows.div_ceil(EACH));
    let folder = tempfile::tempdir_in(target_dir()).expect("target/ is there");
    let config = write_config(folder.path(), PAST, &halls, Place::Embedded);
    let mut left = rows;
    let files: Vec<PathBuf> = halls
        .iter()
        .map(|hall| {
            let count = left.min(EACH);
            left -= count;
            write(folder.path(), hall, count)
        })
        .collect();
    println!("{rows} rows of {} meters", halls.len());
    for (how, wanted) in [("into an empty store", "taken"), ("once more", "repeated")] {
        let (seconds, memory, counted) = import(&config, &files, wanted);
        assert_eq!(counted, rows as u64, "rows {wanted}");
        bench::line(&format!("rows imported {how}"), rows as f64 / seconds, "/s");
        bench::line("most memory of the import", memory as f64 / 1e6, "MB");
    }
}

fn write(folder: &Path, hall: &TownHall, count: usize) -> PathBuf {
    let path = folder.join(format!("{}.csv", hall.meter));
    let mut file = BufWriter::new(File::create(&path).expect("a file is made"));
    writeln!(file, "timestamp,energy_wh").expect("the disk has room");
    let mut at = local("2024-03-01T00:00");
    for n in 0..count {
        writeln!(file, "{at},{}", 2000 + n * 7919 % 4001).expect("the disk has room");
        at += SignedDuration::from_mins(15);
    }
    file.flush().expect("the disk has room");
    path
}

/// Seconds, most memory in bytes, and the rows of that kind.
fn import(config: &Path, files: &[PathBuf], kind: &str) -> (f64, u64, u64) {
    let start = Instant::now();
    let mut child = Command::new(wattkampen())
        .arg("import")
        .arg("--config")
        .arg(config)
        .arg("readings")
        .args(files)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("wattkampen starts");
    let mut memory = 0;
    let printed = {
        use std::io::{BufRead, BufReader};
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut printed = String::new();
        // One line a file: the process still runs when it reports the last but one.
        for (line, left) in lines.by_ref().map_while(Result::ok).zip((0..files.len()).rev()) {
            if left > 0 {
                memory = process::peak_memory(child.id());
            }
            printed.push_str(&line);
            printed.push('\n');
        }
        printed
    };
    assert!(child.wait().expect("it is our child").success(), "{printed}");
    let word = format!(" {kind},");
    let counts = printed.lines().filter_map(|line| {
        line.split_once(&word)
            .and_then(|(before, _)| before.rsplit(' ').next()?.parse::<u64>().ok())
    });
    (start.elapsed().as_secs_f64(), memory, counts.sum())
}
