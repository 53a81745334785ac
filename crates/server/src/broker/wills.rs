//! What remains to be done for a client that has disconnected: publishes that wait for their
//! commit, its will, and the expiry of its session.
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::sleep;
use wire::Topic;

use super::{
    hub::Hub,
    ingest,
    message::Message,
    pending_acks::{PendingAcks, Reply},
    persistence::StoredWill,
    session::Session,
};

/// Publishes the will of a disconnected client; returns when the engine has the message.
pub(super) async fn submit_will(hub: &Hub, pending: &mut PendingAcks, will: Arc<Message>) {
    if !Topic::is_for_server(&will.topic) {
        pending.push_committed(Some(will), Reply::None, None);
        return;
    }
    let ack = pending.push(will.clone(), Reply::None);
    // An error means that the engine has ended: nothing commits any more.
    let _ = hub.inbox.send(ingest::copy(&will, ack)).await;
}

/// Waits in the background for the commits that are pending, and routes what is committed.
pub(super) fn route_when_committed(hub: Arc<Hub>, mut pending: PendingAcks) {
    if pending.is_empty() {
        return;
    }
    tokio::spawn(async move {
        loop {
            while let Some(publish) = pending.pop_committed() {
                if let Some(message) = publish.message {
                    hub.publish(&message);
                }
            }
            if pending.is_empty() {
                return;
            }
            let report = pending.report().await;
            if pending.apply(report).is_err() {
                return;
            }
        }
    });
}

/// Publishes a will in the background.
pub(super) fn publish_will(hub: Arc<Hub>, will: Arc<Message>) {
    tokio::spawn(async move {
        let mut pending = PendingAcks::default();
        submit_will(&hub, &mut pending, will).await;
        route_when_committed(hub, pending);
    });
}

/// Ends the session of an absent client before it expires; its will waits no longer.
pub(super) fn end_session(hub: &Arc<Hub>, session: &Arc<Session>) {
    session.set_timer(None);
    hub.end(session);
    if let Some(will) = session.replace_will(None) {
        publish_will(hub.clone(), will);
    }
}

/// Publishes the wills of the clients that were connected when the last run ended and do not
/// reconnect within `grace`.
pub(super) async fn publish_orphan_wills(hub: Weak<Hub>, grace: Duration, wills: Vec<StoredWill>) {
    sleep(grace).await;
    let Some(hub) = hub.upgrade() else { return };
    for will in hub.take_orphan_wills(&wills) {
        let arrival = hub.next_arrival();
        publish_will(hub.clone(), will.with_arrival(arrival));
    }
}

/// Starts the timer of a disconnected client's session: it publishes the will after `delay`
/// and ends the session after `expiry`. [`Session::set_timer`] stops it when the client
/// reconnects.
pub(super) fn start_expiry(
    hub: &Arc<Hub>,
    session: &Arc<Session>,
    expiry: Duration,
    delay: Duration,
) {
    // Weak: a session that waits for days must not keep the broker from ending.
    let hub: Weak<Hub> = Arc::downgrade(hub);
    let disconnected = session.clone();
    let task = tokio::spawn(async move {
        let delay = delay.min(expiry);
        sleep(delay).await;
        let Some(now) = hub.upgrade() else { return };
        if let Some(will) = disconnected.replace_will(None) {
            publish_will(now, will);
        } else {
            drop(now);
        }
        sleep(expiry - delay).await;
        if let Some(hub) = hub.upgrade() {
            hub.end(&disconnected);
        }
    });
    session.set_timer(Some(task.abort_handle()));
}
