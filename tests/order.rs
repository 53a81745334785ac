//! The standings are a function of the set of readings: whatever the order in which
//! a day arrives, the board is the same to the byte.
use std::path::Path;

use tests::{Fleet, History, Message, PAST, Place, Server, TownHall, local, write_config};

/// Percent of the usual load that each hall uses in the contest.
const LOADS: [u64; 3] = [95, 78, 88];
const BOARD: &str = "/api/v1/leaderboard?as_of=2025-03-21T00:00:00Z";

/// A baseline year and three weeks of the contest, and the day after them.
fn readings(halls: &[TownHall]) -> (Vec<Vec<Message>>, Vec<Vec<Message>>) {
    let one = |(hall, percent)| {
        let mut history = History::new(hall, local("2024-03-01T00:00"));
        let mut before = history.run(local("2025-03-01T00:00"), 3600, 100);
        before.extend(history.run(local("2025-03-20T00:00"), 900, percent));
        (before, history.run(local("2025-03-21T00:00"), 10, percent))
    };
    halls.iter().zip(LOADS).map(one).unzip()
}

/// Two passes of a linear congruential generator: the same every time.
fn shuffle(messages: &mut [Message]) {
    let mut state = 1_u64;
    for last in (1..messages.len()).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        messages.swap(last, (state >> 33) as usize % (last + 1));
    }
}

fn board(
    folder: &Path,
    halls: &[TownHall],
    before: Vec<Vec<Message>>,
    day: Vec<Vec<Message>>,
) -> String {
    let config = write_config(folder, PAST, halls, Place::Embedded);
    let server = Server::serve(&config);
    Fleet::start(server.broker(), before).finish();
    Fleet::start(server.broker(), day).finish();
    let response = server.get(BOARD);
    assert_eq!(response.status, 200, "{}", response.text());
    response.text().to_owned()
}

#[test]
fn a_day_in_any_order_gives_the_same_board() {
    let halls = TownHall::several(LOADS.len());
    let (before, day) = readings(&halls);
    let arrange = |how: fn(&mut Vec<Message>)| {
        let mut day = day.clone();
        day.iter_mut().for_each(how);
        let folder = tempfile::tempdir().unwrap();
        board(folder.path(), &halls, before.clone(), day)
    };
    let in_order = arrange(|_| ());

    // Not equal for being empty: every hall is ranked, and in the order of its load.
    let json: serde_json::Value = serde_json::from_str(&in_order).unwrap();
    let ranked: Vec<_> =
        json["rows"].as_array().unwrap().iter().map(|row| &row["participant"]).collect();
    assert_eq!(ranked, ["hall-2", "hall-3", "hall-1"], "{in_order}");
    assert_eq!(json["rows"][2]["rank"], 3, "{in_order}");

    assert_eq!(arrange(|day| day.reverse()), in_order, "reversed");
    assert_eq!(arrange(|day| day.extend(day.clone())), in_order, "doubled");
    assert_eq!(arrange(|day| shuffle(day)), in_order, "shuffled");
}
