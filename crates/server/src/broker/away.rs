//! What goes on for a client whose connection is over: publishes that wait for
//! their commit, its will, and the life of its session.
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::sleep;
use wire::Topic;

use super::{
    hub::Hub,
    link::delivery,
    message::Message,
    session::Session,
    waiting::{Reply, Waiting},
};

/// Publishes for a client that is not there; returns when the engine has it.
pub(super) async fn say(hub: &Hub, waiting: &mut Waiting, message: Arc<Message>) {
    if !Topic::is_for_server(&message.topic) {
        waiting.at_once(Some(message), Reply::None, None);
        return;
    }
    let ack = waiting.commit(message.clone(), Reply::None);
    // An error means that the engine is gone: nothing commits any more.
    let _ = hub.inbox.send(delivery::plain(&message, ack)).await;
}

/// Waits for the commits, and gives to subscribers what is committed.
pub(super) fn linger(hub: Arc<Hub>, mut waiting: Waiting) {
    if waiting.is_empty() {
        return;
    }
    tokio::spawn(async move {
        loop {
            while let Some(slot) = waiting.next() {
                if let Some(message) = slot.message {
                    hub.publish(&message);
                }
            }
            if waiting.is_empty() {
                return;
            }
            let report = waiting.report().await;
            if waiting.settle(report).is_err() {
                return;
            }
        }
    });
}

/// Publishes a will.
pub(super) fn farewell(hub: Arc<Hub>, will: Arc<Message>) {
    tokio::spawn(async move {
        let mut waiting = Waiting::default();
        say(&hub, &mut waiting, will).await;
        linger(hub, waiting);
    });
}

/// The client is away: publishes its delayed will, and ends its session, when their
/// time has come. [`Session::set_timer`] stops this when it comes back.
pub(super) fn absent(hub: &Arc<Hub>, session: &Arc<Session>, expiry: Duration, delay: Duration) {
    // Weak: a session that waits for days must not keep the broker from ending.
    let hub: Weak<Hub> = Arc::downgrade(hub);
    let away = session.clone();
    let task = tokio::spawn(async move {
        let delay = delay.min(expiry);
        sleep(delay).await;
        let Some(now) = hub.upgrade() else { return };
        if let Some(will) = away.swap_will(None) {
            farewell(now, will);
        } else {
            drop(now);
        }
        sleep(expiry - delay).await;
        if let Some(hub) = hub.upgrade() {
            hub.end(&away);
        }
    });
    session.set_timer(Some(task.abort_handle()));
}
