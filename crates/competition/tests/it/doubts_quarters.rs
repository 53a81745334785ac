//! Quarter-hours of zero inside of hours, in random houses.
use competition::{DoubtKind, Row};

use crate::doubts_rates::{Building, Random, contest, count};

const HOUSES: u64 = 12;

/// The quarter-hours of an hour, which differ from each other by up to a third.
fn quarters(energy: i64, index: usize) -> Vec<i64> {
    let mut random = Random(index as u64);
    let weights = [0; 4].map(|_| random.between(0.8, 1.2));
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| (energy as f64 * weight / sum) as i64).collect()
}

fn is_doubted(row: &Row) -> bool {
    row.doubts.iter().any(|doubt| doubt.kind == DoubtKind::ZeroRun)
}

/// The rows of a house with and without lost quarter-hours from a moment of the contest on.
fn rows(past_by_hour: bool, lost: fn(usize, usize, &mut Random) -> bool) -> Vec<[Row; 2]> {
    let mut random = Random(7);
    let rows = (0..HOUSES).map(|_| {
        let house = Building::random(&mut random);
        let start = contest() + random.between(0.0, 900.0) as usize;
        let parts = |index: usize, is_faulty: bool| {
            if past_by_hour && index < contest() {
                return vec![house.energy[index]];
            }
            let mut parts = quarters(house.energy[index], index);
            let mut random = Random(index as u64 + 1);
            for (part, energy) in parts.iter_mut().enumerate() {
                if is_faulty && index >= start && lost(index, part, &mut random) {
                    *energy = 0;
                }
            }
            parts
        };
        [false, true].map(|is_faulty| house.row_with(count(), |index| parts(index, is_faulty)))
    });
    rows.collect()
}

#[test]
fn quarter_hours_that_are_lost_are_no_saving() {
    type Lost = fn(usize, usize, &mut Random) -> bool;
    let kinds: [(&str, Lost); 3] = [
        ("every fourth", |_, part, _| part == 3),
        ("one in ten", |_, _, random| random.next() < 0.1),
        ("one a working hour", |index, part, _| index % 24 < 10 && part == index % 4),
    ];
    for past_by_hour in [false, true] {
        for (name, lost) in kinds {
            for [clean, faulty] in rows(past_by_hour, lost) {
                assert!(clean.doubts.is_empty(), "{name}, {past_by_hour}: {:?}", clean.doubts);
                assert!(is_doubted(&faulty), "{name}, {past_by_hour}");
                assert_eq!(faulty.rank, None, "{name}, {past_by_hour}");
            }
        }
    }
}

/// A register that is updated every half an hour has zeros, and loses nothing.
#[test]
fn quarter_hours_that_are_made_up_for_are_not_doubted() {
    let mut random = Random(9);
    for _ in 0..HOUSES {
        let house = Building::random(&mut random);
        let start = contest() + random.between(200.0, 900.0) as usize;
        let parts = |index: usize| match quarters(house.energy[index], index)[..] {
            [a, b, c, d] if (start..start + 300).contains(&index) => vec![0, a + b, 0, c + d],
            ref parts => parts.to_vec(),
        };
        let row = house.row_with(count(), parts);
        assert!(row.doubts.is_empty(), "{:?}", row.doubts);
    }
}

/// A register of whole kilowatt-hours behind a load of a few kilowatts shows zero for a
/// quarter-hour once the load falls.
#[test]
fn a_coarse_register_is_not_doubted() {
    let mut random = Random(11);
    for _ in 0..HOUSES {
        let mut house = Building::random(&mut random);
        let scale = 4_800.0 / *house.energy.iter().min().unwrap_or(&1) as f64;
        for (index, energy) in house.energy.iter_mut().enumerate() {
            let saved = if index >= contest() { 0.8 } else { 1.0 };
            *energy = (*energy as f64 * scale.min(1.0) * saved) as i64;
        }
        let mut register = vec![0_i64];
        for energy in &house.energy {
            for part in quarters(*energy, register.len()) {
                register.push(register[register.len() - 1] + part);
            }
        }
        let whole = |number: usize| register[number] / 1000 * 1000;
        let parts = |index: usize| {
            (0..4).map(|part| whole(index * 4 + part + 1) - whole(index * 4 + part)).collect()
        };
        let row = house.row_with(count(), parts);
        assert!(!is_doubted(&row), "{:?}", row.doubts);
    }
}

/// A load that hardly varies behind a register of whole kilowatt-hours: most hours are equal.
#[test]
fn a_steady_load_on_a_coarse_register_is_not_constant() {
    let mut random = Random(13);
    let mut doubted = 0;
    for _ in 0..HOUSES {
        let mut house = Building::random(&mut random);
        let mean = 1000.0 * random.between(4.0, 9.0).round();
        let (mut register, mut shown) = (0.0, 0);
        for energy in &mut house.energy {
            register += mean * (1.0 + 0.01 * random.normal());
            let before = shown;
            shown = (register / 1000.0) as i64 * 1000;
            *energy = shown - before;
        }
        doubted += u64::from(!house.row(count()).doubts.is_empty());
    }
    assert!(doubted * 6 <= HOUSES, "{doubted} of {HOUSES}");
}
