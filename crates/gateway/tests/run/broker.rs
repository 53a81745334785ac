//! Brokers that are there and do not do their work: nothing is lost, nobody is needed,
//! and they are not stormed.
use super::*;

#[test]
fn a_broker_that_acknowledges_nothing_is_left_and_tried_again() {
    let world = World::new(Broker { mute_until: 900_000, ..Broker::default() });
    let seen = play(&world, &config(), meter(&world, 1200, 10));
    assert_eq!(kept(&world), every(10, 1200));
    assert_eq!(seen.queued, 120);
    let connects = world.connects.load(SeqCst);
    // A minute of patience, and up to a minute before the next attempt.
    assert!((7..20).contains(&connects), "{connects}");
}

#[test]
fn a_broker_that_takes_the_status_and_breaks_off_at_readings_is_not_stormed() {
    let world = World::new(Broker { drops_until: 1_800_000, ..Broker::default() });
    let seen = play(&world, &config(), meter(&world, 2400, 10));
    assert_eq!(kept(&world), every(10, 2400));
    assert_eq!(seen.queued, 240);
    let connects = world.connects.load(SeqCst);
    assert!((30..90).contains(&connects), "{connects}");
}

#[test]
fn a_broker_that_refuses_for_a_day_is_asked_once_a_minute() {
    // As with a password that somebody has changed and then put right.
    let world = World::new(Broker { outages: vec![(0, 86_400_000)], ..Broker::default() });
    let seen = play(&world, &Config { interval_s: 900, ..config() }, meter(&world, 90_000, 10));
    let connects = world.connects.load(SeqCst);
    assert!((1400..2900).contains(&connects), "{connects}");
    assert_eq!(kept(&world).len(), seen.queued);
}
