//! A made-up competition in its seventh week: live, stale and silent meters, groups,
//! unranked participants, names with all Swedish letters.
use std::{net::Ipv4Addr, sync::Arc};

use competition::{
    Competition, Contact, Dated, Leaderboard, Meter, MeterIndex, Method, MilliWattHours,
    Participant, ParticipantIndex, Percent, Period, QuarantineReason, QuarantinedReadings, Row,
    Rule, Score, SquareMetres, Status, Thresholds, Time, WattHours, Watts,
};
use jiff::{civil::date, tz::TimeZone};

use crate::{
    access::Access,
    clock::Clock,
    engine::{
        EngineClient, GatewayState, IngestCounts, ParticipantFigures, Snapshot,
        fake::{self, Answers},
    },
    ingest::Rejection,
    web::{Hosts, Options, Readiness, Web},
};

/// 2027-04-11T10:00:00Z, a Sunday noon in Stockholm.
pub(in crate::web) const NOW: Time = Time(1_807_437_600);

const CLUSTERS: [(&str, &[&str]); 7] = [
    (
        "Dalarna-Gävleborg",
        &["Avesta", "Borlänge", "Hudiksvall", "Mora", "Söderhamn", "Timrå", "Älvdalen"],
    ),
    ("Mälardalen", &["Haninge", "Nyköping", "Sala", "Strängnäs"]),
    ("Storstad", &["Karlstad", "Uppsala", "Västerås"]),
    ("Sydost", &["Alvesta", "Karlskrona", "Tranås"]),
    ("Värmland-Bergslagen", &["Hagfors", "Lindesberg", "Sunne"]),
    ("Västra Götaland", &["Alingsås", "Lerum"]),
    ("Övre Norrland", &["Piteå", "Örnsköldsvik"]),
];

pub(in crate::web) fn competition() -> Competition {
    Competition {
        production: competition::Production::default(),
        name: "Energispartävling 2027".into(),
        timezone: TimeZone::get("Europe/Stockholm").expect("bundled"),
        holidays: Some(competition::Country::Sweden),
        baseline: Period { start: date(2026, 3, 1), end: date(2027, 3, 1) },
        contest: Period { start: date(2027, 3, 1), end: date(2027, 6, 1) },
        reference_until: None,
        rule: Rule::Saving,
        thresholds: Thresholds::default(),
        doubts: competition::DoubtThresholds::default(),
        method: Method::default(),
        special_days: vec![],
        factors: competition::Factors::default(),
    }
}

pub(in crate::web) fn participants(n: usize) -> Vec<Participant> {
    let names =
        CLUSTERS.iter().flat_map(|(cluster, names)| names.iter().map(move |n| (*cluster, *n)));
    let plain = |c: char| match c {
        'å' | 'ä' | 'Å' | 'Ä' => 'a',
        'ö' | 'Ö' => 'o',
        c => c.to_ascii_lowercase(),
    };
    (0..n)
        .zip(names.cycle())
        .map(|(i, (cluster, name))| {
            let again = if i < 24 { String::new() } else { format!(" {}", i / 24 + 1) };
            Participant {
                id: format!("{name}{again}")
                    .chars()
                    .map(plain)
                    .collect::<String>()
                    .replace(' ', "-"),
                municipality: format!("{name}{again}"),
                cluster: cluster.into(),
                building: if i % 3 == 0 { "Stadshuset" } else { "Rådhuset" }.into(),
                floor_area: Dated(vec![(
                    date(2026, 1, 1),
                    SquareMetres(3000.0 + 412.0 * i as f64),
                )]),
                employees: Dated(vec![(date(2026, 1, 1), 90 + 17 * i as u32)]),
                target: Some(Percent(10.0)),
                reference: false,
                meters: vec![Meter::new(&format!("7359991000000{i:05}"))],
                special_days: vec![],
                exclusions: vec![],
                acceptances: vec![],
                activities: vec![competition::Activity {
                    kind: competition::ActivityKind::NightWalk,
                    day: date(2027, 3, 20),
                    place: String::new(),
                    by: String::new(),
                    note: String::new(),
                }],
            }
        })
        .collect()
}

/// Ranked by saving; the last three without a rank, stale or silent.
pub(in crate::web) fn snapshot(version: u64, participants: &[Participant]) -> Snapshot {
    let n = participants.len();
    let order = (0..n).map(|i| (i * 7 + 4) % n).collect::<Vec<_>>();
    let rows: Vec<Row> = order.iter().enumerate().map(|(place, who)| row(place, *who, n)).collect();
    let summed = rows.iter().filter(|r| r.rank.is_some()).filter_map(|r| r.saved);
    let (total, summed) = (summed.clone().sum(), summed.count());
    let figures = (0..n)
        .map(|i| {
            Arc::new(participant_figures(i, rows.iter().find(|r| r.participant.0 == i as u32)))
        })
        .collect();
    Snapshot {
        version,
        as_of: NOW,
        board: Leaderboard {
            as_of: NOW,
            rule: Rule::Saving,
            status: Status::Running,
            total_saved: total,
            total_participants: summed,
            rows,
        },
        participants: participants.into(),
        figures,
    }
}

fn row(place: usize, who: usize, n: usize) -> Row {
    let unranked = place + 3 > n.max(4);
    let saving = 22.4 - 25.0 * (place as f64 / n as f64).sqrt();
    let half = 0.9 + 0.2 * (place % 7) as f64;
    let contact = match (place, unranked) {
        (2, _) => Contact::Stale,
        (_, true) if place + 1 == n => Contact::Silent,
        (5, _) => Contact::Silent,
        _ => Contact::Live,
    };
    let never = place + 1 == n;
    let age = match contact {
        Contact::Live => 5,
        Contact::Stale => 14 * 60,
        Contact::Silent | Contact::Imported => 19 * 3600,
    };
    let energy = 14_000.0 + 1_900.0 * who as f64;
    let interval = (!unranked).then_some([saving - half, saving + half * 1.1].into());
    Row {
        participant: ParticipantIndex(who as u32),
        rank: (!unranked).then_some(place as u32 + 1),
        group: (!unranked).then_some(match place {
            0 | 1 => place as u32 + 1,
            _ => 3 + place as u32 / 5,
        }),
        score: Score::saving((!never).then_some(saving), interval),
        saving_percent: (!never).then_some(saving),
        interval_percent: interval,
        // Not in the order of the saving.
        improvement_points: (!unranked).then_some(0.35 * (place as f64) - 1.2),
        saved: (!never)
            .then_some(MilliWattHours((energy * saving / (100.0 - saving) * 1e6) as i64)),
        expected: (!never)
            .then_some(MilliWattHours((energy * 100.0 / (100.0 - saving) * 1e6) as i64)),
        energy: (!never).then_some(MilliWattHours((energy * 1e6) as i64)),
        kwh_per_m2: (!never).then_some(energy / (3000.0 + 412.0 * who as f64)),
        night_w_per_m2: (!never).then_some(0.8 + 0.13 * (who % 9) as f64),
        power: (!never).then_some(Watts(9_000 + 1_733 * who as i64)),
        measured_at: (!never).then_some(Time(NOW.0 - age)),
        contact,
        coverage: (!never).then_some(0.998),
        cv_rmse: (!never).then_some(0.14),
        cv_rmse_daily: (!never).then_some(0.071),
        level: (!never).then_some(competition::Level {
            log_ratio: 0.032,
            from: Time(1_796_598_000),
            until: Time(1_803_855_600),
            hours: 2_016,
        }),
        nmbe: (!never).then_some(-0.0001),
        doubts: vec![],
        reason: unranked.then(reason),
        public_reason: unranked.then(reason),
    }
}

fn reason() -> competition::Bilingual {
    competition::Bilingual::new(
        "Ranked from 14 April: 90 % of the hours of the baseline year are missing before then",
        "Rangordnas från den 14 april: 90 % av referensperiodens timmar saknas före dess",
    )
}

fn participant_figures(i: usize, row: Option<&Row>) -> ParticipantFigures {
    let base = 6_000 + 700 * i as i64;
    let hours = std::array::from_fn(|h| {
        let day = (7..17).contains(&h);
        (h != 13).then_some(Watts(base + if day { 9_000 + 500 * (h as i64 % 4) } else { 0 }))
    });
    ParticipantFigures {
        measured_at: row.and_then(|r| r.measured_at),
        power: row.and_then(|r| r.power),
        step: (i == 4).then_some((Time(NOW.0 - 6), Watts(2_100))),
        today: Some(MilliWattHours(182_000_000 + 9_000_000 * i as i64)),
        today_baseline: Some(MilliWattHours(201_000_000 + 8_500_000 * i as i64)),
        night: Some(Watts(base)),
        night_before: Some(Watts(base + 320)),
        hours,
        hours_baseline: hours.map(|w| w.map(|w| Watts(w.0 * 11 / 10))),
        saving_recent_percent: row.and_then(|r| r.saving_percent).map(|v| v + 1.2),
    }
}

pub(in crate::web) fn answers() -> Answers {
    let load = std::array::from_fn(|hour| {
        let normal = match hour {
            6..=14 => 24_000 + 1_300 * (hour as i64 % 3),
            15..=19 => 14_000,
            _ => 8_000,
        };
        (normal * if hour > 18 { 107 } else { 88 } / 100, normal)
    });
    Answers {
        decisions: crate::engine::Decisions::default(),
        rejections: vec![Rejection {
            topic: "wattkampen/v1/<script>alert(1)</script>/reading".into(),
            label: "json",
            detail: "the payload is not the JSON of this topic: expected value at line 1".into(),
            count: 1_204,
            first: Time(NOW.0 - 90_000),
            last: Time(NOW.0 - 4),
        }],
        quarantine: vec![QuarantinedReadings {
            participant: ParticipantIndex(4),
            meter: MeterIndex(4),
            doubt: QuarantineReason::Drop,
            count: 311,
            first: Time(NOW.0 - 50_000),
            last: Time(NOW.0 - 10),
            register: WattHours(12_000),
            open: true,
        }],
        gateways: vec![GatewayState {
            id: "soderhamn-1".parse().expect("a name"),
            status: wire::Status {
                queued: Some(12),
                firmware: Some(wire::Text::truncated("0.1.0")),
                ..wire::Status::state_only(wire::ConnectionState::Online)
            },
            received_at: Time(NOW.0 - 40),
        }],
        counts: IngestCounts {
            received: 51_204,
            stored: 49_000,
            late: 12,
            repeated: 1_000,
            conflicts: 0,
            quarantined: 311,
            refused: vec![("json", 1_204), ("future", 0)],
            readings: 1_310_220,
            clock_offsets: vec![],
        },
        load,
    }
}

pub(in crate::web) fn engine(n: usize) -> EngineClient {
    engine_of(participants(n))
}

fn engine_of(participants: Vec<Participant>) -> EngineClient {
    let snapshot = snapshot(17, &participants);
    fake::client(competition(), participants, snapshot, answers())
}

/// The service over it, its clock ahead of the snapshot as in life.
pub(in crate::web) fn web(n: usize) -> Arc<Web> {
    web_over(engine(n), demonstration())
}

/// The same with accounts in a directory, behind a trusted proxy at 10.0.0.1.
pub(in crate::web) fn web_with_accounts(n: usize, dir: &std::path::Path) -> Arc<Web> {
    web_over(engine(n), Access::open(dir).expect("the file of accounts"))
}

pub(in crate::web) fn demonstration() -> Access {
    Access::demonstration().expect("accounts in memory")
}

/// The same with decisions of the organiser.
pub(in crate::web) fn web_with_decisions(
    n: usize,
    decisions: crate::engine::Decisions,
) -> Arc<Web> {
    let participants = participants(n);
    let snapshot = snapshot(17, &participants);
    let answers = Answers { decisions, ..answers() };
    web_over(fake::client(competition(), participants, snapshot, answers), demonstration())
}

/// The same, of which the participant at this position of the board does not compete.
pub(in crate::web) fn web_with_reference(n: usize, place: usize) -> Arc<Web> {
    let mut participants = participants(n);
    let row = snapshot(17, &participants).board.rows[place].participant;
    participants[row.0 as usize].reference = true;
    web_over(engine_of(participants), demonstration())
}

fn web_over(engine: EngineClient, access: Access) -> Arc<Web> {
    let readiness = Readiness::default();
    readiness.set_broker(true);
    Web::new(
        engine,
        Options {
            clock: Clock::simulated(NOW, 1.0),
            language: wire::Language::Swedish,
            access,
            hosts: Hosts::new(Ipv4Addr::LOCALHOST.into(), &["tavling.example.org".to_owned()]),
            trusted_proxies: vec!["10.0.0.1/32".parse().expect("a network")],
            readiness,
        },
    )
}
