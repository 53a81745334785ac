//! What each town hall's panel shows, retained on MQTT: said when it changes, at
//! most once a second, and once a minute in any case, so that a panel can tell a
//! quiet house from a server that is gone.
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use competition::{Participant, ParticipantIndex};
use tokio::sync::{broadcast::error::RecvError, watch};
use wire::{GatewayId, MAX_PAGE, Page, Time, Topic};

use super::Publisher;
use crate::engine::{EngineClient, EngineEvent, Snapshot};

/// Between two pages of a house.
const APART: Duration = Duration::from_secs(1);
/// After which an unchanged page is said again.
const AGAIN: Duration = Duration::from_secs(60);
/// Before those that had to wait are looked at again.
const LOOK: Duration = Duration::from_millis(250);

/// The pages of all town halls that have a gateway.
#[derive(Debug)]
pub struct Pages {
    engine: EngineClient,
    publisher: Arc<dyn Publisher>,
    houses: Vec<ParticipantFigures>,
}

#[derive(Debug, Default)]
struct ParticipantFigures {
    topics: Vec<String>,
    /// Something may have changed.
    stirred: bool,
    looked: Option<Instant>,
    said: Option<(Instant, Page)>,
}

impl Pages {
    /// For the gateways of the configuration: a house has the page on each of its own.
    pub fn new(
        engine: EngineClient,
        publisher: Arc<dyn Publisher>,
        gateways: &HashMap<String, GatewayId>,
    ) -> Self {
        let topics = |participant: &Participant| -> BTreeSet<String> {
            let meters = participant.meters.iter();
            let gateways = meters.filter_map(|meter| gateways.get(&meter.id).cloned());
            gateways.map(|gateway| Topic::Page(gateway).to_string()).collect()
        };
        let house = |participant| ParticipantFigures {
            topics: topics(participant).into_iter().collect(),
            stirred: true,
            ..ParticipantFigures::default()
        };
        let houses = engine.participants().iter().map(house).collect();
        Self { engine, publisher, houses }
    }

    /// Says them until `stop` turns true or the engine ends. `page` draws one up.
    pub async fn run(
        mut self,
        mut page: impl FnMut(&Snapshot, ParticipantIndex) -> Option<Page> + Send,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut events = self.engine.subscribe();
        let mut tick = tokio::time::interval(LOOK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // An error means that whoever could say stop is gone: the same.
                _ = stop.wait_for(|stop| *stop) => return,
                event = events.recv() => match event {
                    Ok(EngineEvent::Reading { participant, .. }) => {
                        self.houses[participant.0 as usize].stirred = true;
                        // Its board comes at once, or is there.
                        continue;
                    }
                    Ok(EngineEvent::Leaderboard(_)) | Err(RecvError::Lagged(_)) => {
                        self.houses.iter_mut().for_each(|house| house.stirred = true);
                    }
                    Err(RecvError::Closed) => return,
                },
                _ = tick.tick() => {}
            }
            self.look(&mut page);
        }
    }

    fn look(&mut self, page: &mut impl FnMut(&Snapshot, ParticipantIndex) -> Option<Page>) {
        let now = Instant::now();
        let snapshot = self.engine.snapshot();
        for (house, who) in self.houses.iter_mut().zip((0..).map(ParticipantIndex)) {
            let waits = |since: Instant, least| now.duration_since(since) < least;
            let quiet =
                !house.stirred && house.said.as_ref().is_some_and(|(at, _)| waits(*at, AGAIN));
            if house.topics.is_empty() || quiet || house.looked.is_some_and(|at| waits(at, APART)) {
                continue;
            }
            house.looked = Some(now);
            house.stirred = false;
            let Some(page) = page(&snapshot, who) else { continue };
            let same = |(at, said): &(Instant, Page)| {
                waits(*at, AGAIN) && timeless(said) == timeless(&page)
            };
            if house.said.as_ref().is_some_and(same) {
                continue;
            }
            let mut buffer = [0; MAX_PAGE];
            // The longest page fits by the wire crate's own test.
            let Ok(length) = page.encode(&mut buffer) else { continue };
            let payload = Bytes::copy_from_slice(&buffer[..length]);
            let said = house
                .topics
                .iter()
                .try_for_each(|topic| self.publisher.publish(topic, payload.clone(), true));
            match said {
                Ok(()) => house.said = Some((now, page)),
                Err(super::Busy) => house.stirred = true,
            }
        }
    }
}

/// The page but for when it was written.
fn timeless(page: &Page) -> Page {
    Page { t: Time::default(), ..page.clone() }
}
