//! Publishes what each town hall's panel shows, retained: when it changes, at most once
//! a second, and at least once a minute, so that a panel can distinguish an unchanged
//! page from a lost server.
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use competition::{Participant, ParticipantIndex};
use tokio::sync::{broadcast::error::RecvError, watch};
use wire::{GatewayId, MAX_PAGE, Page, Time, Topic};

use super::{Busy, Publisher};
use crate::engine::{EngineClient, EngineEvent, Snapshot};

/// The shortest time between two pages of one participant.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
/// An unchanged page is published again after this time.
const REPUBLISH_INTERVAL: Duration = Duration::from_secs(60);
/// How often pages that had to wait are checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// The panel pages of all participants that have a gateway.
#[derive(Debug)]
pub struct PanelPages {
    engine: EngineClient,
    publisher: Arc<dyn Publisher>,
    /// One for each participant, in the order of their indices.
    panels: Vec<Panel>,
}

#[derive(Debug)]
struct Panel {
    /// The page topic of each of the participant's gateways.
    topics: BTreeSet<String>,
    /// The page may have changed since it was last composed.
    changed: bool,
    composed_at: Option<Instant>,
    published: Option<(Instant, Page)>,
}

impl PanelPages {
    /// `gateways` has the gateway of each meter: a participant's page goes to the topic
    /// of each of its gateways.
    pub fn new(
        engine: EngineClient,
        publisher: Arc<dyn Publisher>,
        gateways: &HashMap<String, GatewayId>,
    ) -> Self {
        let topics = |participant: &Participant| {
            let gateways = participant.meters.iter().filter_map(|meter| gateways.get(&meter.id));
            gateways.map(|gateway| Topic::Page(gateway.clone()).to_string()).collect()
        };
        let panel = |participant| Panel {
            topics: topics(participant),
            changed: true,
            composed_at: None,
            published: None,
        };
        let panels = engine.participants().iter().map(panel).collect();
        Self { engine, publisher, panels }
    }

    /// Publishes the pages until `stop` turns true or the engine ends. `compose` makes
    /// the page of a participant from a snapshot.
    pub async fn run(
        mut self,
        mut compose: impl FnMut(&Snapshot, ParticipantIndex) -> Option<Page> + Send,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut events = self.engine.subscribe();
        let mut tick = tokio::time::interval(CHECK_INTERVAL);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // An error means that the sender is gone, which also ends the task.
                _ = stop.wait_for(|stop| *stop) => return,
                event = events.recv() => match event {
                    Ok(EngineEvent::Reading { participant, .. }) => {
                        self.panels[participant.0 as usize].changed = true;
                        // The next snapshot, which has the reading, is checked.
                        continue;
                    }
                    Ok(EngineEvent::Leaderboard(_)) | Err(RecvError::Lagged(_)) => {
                        self.panels.iter_mut().for_each(|panel| panel.changed = true);
                    }
                    Err(RecvError::Closed) => return,
                },
                _ = tick.tick() => {}
            }
            self.publish_due(&mut compose);
        }
    }

    fn publish_due(
        &mut self,
        compose: &mut impl FnMut(&Snapshot, ParticipantIndex) -> Option<Page>,
    ) {
        let now = Instant::now();
        let snapshot = self.engine.snapshot();
        for (panel, who) in self.panels.iter_mut().zip((0..).map(ParticipantIndex)) {
            if !panel.is_due(now) {
                continue;
            }
            panel.composed_at = Some(now);
            panel.changed = false;
            let Some(page) = compose(&snapshot, who) else { continue };
            if panel.has_published(&page, now) {
                continue;
            }
            let mut buffer = [0; MAX_PAGE];
            // A test of `wire` shows that the longest page fits.
            let Ok(length) = page.encode(&mut buffer) else { continue };
            let payload = Bytes::copy_from_slice(&buffer[..length]);
            let mut topics = panel.topics.iter();
            match topics.try_for_each(|topic| self.publisher.publish(topic, payload.clone(), true))
            {
                Ok(()) => panel.published = Some((now, page)),
                Err(Busy) => panel.changed = true,
            }
        }
    }
}

impl Panel {
    fn is_due(&self, now: Instant) -> bool {
        let recent = |at: Instant, interval| now.duration_since(at) < interval;
        let fresh = |(at, _): &(Instant, Page)| recent(*at, REPUBLISH_INTERVAL);
        let needed = self.changed || !self.published.as_ref().is_some_and(fresh);
        needed
            && !self.topics.is_empty()
            && !self.composed_at.is_some_and(|at| recent(at, MIN_INTERVAL))
    }

    /// Whether the page, apart from its time, was published within the last minute.
    fn has_published(&self, page: &Page, now: Instant) -> bool {
        let untimed = |page: &Page| Page { t: Time::default(), ..page.clone() };
        self.published.as_ref().is_some_and(|(at, published)| {
            now.duration_since(*at) < REPUBLISH_INTERVAL && untimed(published) == untimed(page)
        })
    }
}
