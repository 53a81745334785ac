//! Pages of panels are published as soon as the broker accepts them.
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use competition::ParticipantIndex;
use tokio::sync::watch;

use super::{NOW, Service, settings};
use crate::{
    engine::Snapshot,
    publish::{Busy, PanelPages, Publisher},
};

/// A broker that refuses at first.
#[derive(Debug)]
struct Panel {
    refusals: Mutex<u32>,
    published: watch::Sender<Option<(String, wire::Page)>>,
}

impl Publisher for Panel {
    fn publish(&self, topic: &str, payload: Bytes, retain: bool) -> Result<(), Busy> {
        let mut refusals = self.refusals.lock().unwrap();
        if *refusals > 0 {
            *refusals -= 1;
            return Err(Busy);
        }
        assert!(retain);
        let page = wire::Page::decode(&payload).unwrap();
        self.published.send_replace(Some((topic.to_owned(), page)));
        Ok(())
    }
}

fn page(snapshot: &Snapshot, who: ParticipantIndex) -> Option<wire::Page> {
    let figures = snapshot.figures.get(who.0 as usize)?;
    Some(wire::Page {
        t: wire::Time::from_unix(snapshot.as_of.0).ok()?,
        name: wire::Text::truncated("Söderhamn"),
        contact: wire::Contact::Live,
        since: None,
        utc_offset_min: 0,
        power_w: Some(figures.power?.0),
        step_w: None,
        step_at: None,
        today_wh: None,
        today_baseline_wh: None,
        saving_permille: None,
        direction: None,
        rank: None,
        of: 3,
        wh_per_m2: None,
        night_w: None,
        hours_w: [None; 24],
        ticker: wire::Text::truncated(""),
        night: false,
        language: wire::Language::Swedish,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_page_is_published_as_soon_as_the_broker_accepts_it() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let mut service = Service::start(&settings).await;
    let panel = Arc::new(Panel { refusals: Mutex::new(2), published: watch::Sender::new(None) });
    let pages = PanelPages::new(service.handle.clone(), panel.clone(), &settings.gateways);
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(pages.run(page, stopped));
    let mut published = panel.published.subscribe();
    for power in [700, 800] {
        service.reading(1, NOW - 1000 + power, 5_000, power).await;
        let changed = published.wait_for(|published| {
            published.as_ref().is_some_and(|(topic, page)| {
                topic == "wattkampen/v1/g1/page" && page.power_w == Some(power)
            })
        });
        tokio::time::timeout(Duration::from_secs(30), changed)
            .await
            .expect("the page is published")
            .unwrap();
    }
    assert_eq!(*panel.refusals.lock().unwrap(), 0);
    stop.send_replace(true);
    task.await.unwrap();
    service.stop().await;
}
