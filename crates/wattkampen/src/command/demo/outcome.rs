//! The end of the demonstration: the leaderboard with the true savings.
use competition::Time;
use server::engine::{EngineClient, Snapshot};
use simulator::town_hall::{TownHall, town_halls};

/// Waits until every town hall has a reading at `end` or later.
pub(super) async fn wait_until(engine: &EngineClient, end: Time) {
    let mut updates = engine.subscribe();
    let is_complete = |snapshot: &Snapshot| {
        snapshot.figures.iter().all(|figures| figures.measured_at.is_some_and(|at| at >= end))
    };
    while !is_complete(&engine.snapshot()) {
        // A receiver that lags has lost updates; the snapshot is the newest all the same.
        if let Err(tokio::sync::broadcast::error::RecvError::Closed) = updates.recv().await {
            std::future::pending::<()>().await;
        }
    }
}

/// The final leaderboard as text.
pub(super) fn text(engine: &EngineClient, halls: &[TownHall]) -> String {
    let snapshot = engine.snapshot();
    let participants = engine.participants();
    let mut text = format!(
        "\n{:>4}  {:<16} {:>8}  {:<16} {:>9} {:>10} {:>8}\n",
        "rank", "municipality", "saving %", "90 % interval", "injected", "saved kWh", "kWh/m²"
    );
    let number = |value: Option<f64>, digits: usize| {
        value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
    };
    for row in &snapshot.board.rows {
        let index = row.participant.0 as usize;
        let interval = row
            .interval_percent
            .map_or_else(|| "–".to_owned(), |it| format!("{:.1} to {:.1}", it.low, it.high));
        text += &format!(
            "{:>4}  {:<16} {:>8}  {:<16} {:>9.1} {:>10} {:>8}\n",
            row.rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string()),
            participants[index].municipality,
            number(row.saving_percent, 1),
            interval,
            halls[index].saving * 100.0,
            number(row.saved.map(|saved| saved.kwh()), 0),
            number(row.kwh_per_m2, 2),
        );
        if let Some(reason) = &row.reason {
            text += &format!("      {}\n", reason.english);
        }
    }
    let total = snapshot.board.total_saved.kwh();
    text + &format!("Total saving in the project: {total:.0} kWh")
}

/// The town halls and their true savings, as JSON.
pub(crate) fn truth(seed: u64, participants: usize) -> String {
    let halls: Vec<_> = town_halls(seed, participants)
        .into_iter()
        .map(|hall| {
            serde_json::json!({
                "participant": hall.id,
                "municipality": hall.municipality,
                "cluster": hall.cluster,
                "meter": hall.meter(),
                "gateway": hall.gateway(),
                "area_m2": hall.area_m2,
                "employees": hall.employees,
                "saving_percent": (hall.saving * 1000.0).round() / 10.0,
            })
        })
        .collect();
    serde_json::to_string_pretty(&halls).unwrap_or_default()
}
