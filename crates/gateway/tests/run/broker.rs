//! Brokers that accept connections and do not work: no reading is lost, the gateway
//! recovers by itself, and it does not reconnect too often.
use super::*;

#[test]
fn a_connection_without_acknowledgements_is_replaced() {
    let world = World::new(Broker { mute_until: 900_000, ..Broker::default() });
    let events = run_to_end(&world, &config(), meter(&world, 1200, 10));
    assert_eq!(received(&world), every(10, 1200));
    assert_eq!(events.queued, 120);
    let connects = world.connects.load(SeqCst);
    // A minute without acknowledgement, then up to a minute before the next attempt.
    assert!((7..20).contains(&connects), "{connects}");
}

#[test]
fn a_broker_that_disconnects_at_the_first_reading_is_not_flooded() {
    let world = World::new(Broker { drops_until: 1_800_000, ..Broker::default() });
    let events = run_to_end(&world, &config(), meter(&world, 2400, 10));
    assert_eq!(received(&world), every(10, 2400));
    assert_eq!(events.queued, 240);
    let connects = world.connects.load(SeqCst);
    assert!((30..90).contains(&connects), "{connects}");
}

#[test]
fn a_broker_that_refuses_for_a_day_is_tried_once_a_minute() {
    // For example with a wrong password that is corrected a day later.
    let world = World::new(Broker { outages: vec![(0, 86_400_000)], ..Broker::default() });
    let events =
        run_to_end(&world, &Config { interval_s: 900, ..config() }, meter(&world, 90_000, 10));
    let connects = world.connects.load(SeqCst);
    assert!((1400..2900).contains(&connects), "{connects}");
    assert_eq!(received(&world).len(), events.queued);
}
