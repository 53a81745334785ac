//! The subscription tree, which finds the subscribers of a topic.
use std::{collections::HashMap, sync::Arc};

use super::session::{Session, SubscriptionOptions};

/// A session that subscribes to a topic, by one or more of its filters.
#[derive(Debug, Clone)]
pub(super) struct Subscriber {
    pub(super) session: Arc<Session>,
    pub(super) qos: u8,
    pub(super) no_local: bool,
    pub(super) retain_as_published: bool,
    pub(super) identifiers: Vec<u32>,
}

#[derive(Debug, Default)]
struct Node {
    children: HashMap<Box<str>, Node>,
    /// Subscriptions whose filter ends at this node.
    subscriptions: Vec<(Arc<Session>, SubscriptionOptions)>,
}

/// The subscriptions of all sessions, by the levels of their filters. `+` and `#` are children
/// like others: a topic name contains neither.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    root: Node,
}

impl Subscriptions {
    /// Adds or replaces a subscription.
    pub(super) fn add(
        &mut self,
        filter: &str,
        session: &Arc<Session>,
        options: SubscriptionOptions,
    ) {
        let node = filter
            .split('/')
            .fold(&mut self.root, |node, level| node.children.entry(level.into()).or_default());
        match node.subscriptions.iter_mut().find(|(other, _)| Arc::ptr_eq(other, session)) {
            Some((_, old)) => *old = options,
            None => node.subscriptions.push((session.clone(), options)),
        }
    }

    /// Removes a subscription and the branches that it leaves empty.
    pub(super) fn remove(&mut self, filter: &str, session: &Arc<Session>) {
        // `filter::MAX_LEVELS` bounds the recursion.
        fn walk(node: &mut Node, levels: &[&str], session: &Arc<Session>) {
            let Some((first, rest)) = levels.split_first() else {
                node.subscriptions.retain(|(other, _)| !Arc::ptr_eq(other, session));
                return;
            };
            let Some(child) = node.children.get_mut(*first) else { return };
            walk(child, rest, session);
            if child.subscriptions.is_empty() && child.children.is_empty() {
                node.children.remove(*first);
            }
        }
        let levels: Vec<&str> = filter.split('/').collect();
        walk(&mut self.root, &levels, session);
    }

    /// The subscribers of `topic`: each session once, at the highest QoS of its filters.
    pub(super) fn subscribers(&self, topic: &str) -> Vec<Subscriber> {
        let mut subscribers = Vec::new();
        let mut levels = topic.split('/');
        if topic.starts_with('$') {
            let first = levels.next().unwrap_or_default();
            if let Some(child) = self.root.children.get(first) {
                child.collect(levels, &mut subscribers);
            }
        } else {
            self.root.collect(levels, &mut subscribers);
        }
        merge(&mut subscribers);
        subscribers
    }
}

impl Node {
    /// Adds the subscribers below this node to `subscribers`.
    fn collect(&self, mut levels: std::str::Split<'_, char>, subscribers: &mut Vec<Subscriber>) {
        if let Some(rest) = self.children.get("#") {
            rest.collect_own(subscribers);
        }
        match levels.next() {
            None => self.collect_own(subscribers),
            Some(level) => {
                for name in [level, "+"] {
                    if let Some(child) = self.children.get(name) {
                        child.collect(levels.clone(), subscribers);
                    }
                }
            }
        }
    }

    /// Adds the subscribers of this node to `subscribers`.
    fn collect_own(&self, subscribers: &mut Vec<Subscriber>) {
        subscribers.extend(self.subscriptions.iter().map(|(session, options)| Subscriber {
            session: session.clone(),
            qos: options.qos,
            no_local: options.no_local,
            retain_as_published: options.retain_as_published,
            identifiers: options.identifier.into_iter().collect(),
        }));
    }
}

/// Leaves each session once: entries of one session are neighbours after the sort by address.
fn merge(subscribers: &mut Vec<Subscriber>) {
    subscribers.sort_by_key(|subscriber| Arc::as_ptr(&subscriber.session) as usize);
    subscribers.dedup_by(|again, first| {
        let same = Arc::ptr_eq(&again.session, &first.session);
        if same {
            first.qos = first.qos.max(again.qos);
            first.no_local &= again.no_local;
            first.retain_as_published |= again.retain_as_published;
            first.identifiers.append(&mut again.identifiers);
        }
        same
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::broker::{filter, owner::Owner, session::SessionKey, usage::Usage};

    fn session(client_id: &str) -> Arc<Session> {
        let owner = Owner::address([127, 0, 0, 1].into());
        Session::new(SessionKey::new(&owner, client_id), Usage::new(owner, Arc::default()))
    }

    fn options(qos: u8) -> SubscriptionOptions {
        SubscriptionOptions { qos, no_local: false, retain_as_published: false, identifier: None }
    }

    proptest! {
        /// The tree finds the same subscribers as a comparison with every filter, also after
        /// some subscriptions are removed, and is empty when all are.
        #[test]
        fn the_tree_agrees_with_matching(
            filters in prop::collection::vec("(\\$?[ab]|\\+|)(/([abc]|\\+|)){0,3}(/#)?", 1..12),
            topics in prop::collection::vec("\\$?[ab](/[abc]?){0,4}", 1..12),
            removed in 0usize..12,
        ) {
            let mut subscriptions = Subscriptions::default();
            let mut all: Vec<_> = filters
                .iter()
                .filter(|filter| filter::is_topic_filter(filter))
                .enumerate()
                .map(|(n, filter)| (filter.clone(), session(&format!("s{}", n % 4))))
                .collect();
            for (filter, session) in &all {
                subscriptions.add(filter, session, options(1));
            }
            for (filter, session) in all.drain(..removed.min(all.len())) {
                subscriptions.remove(&filter, &session);
            }
            for topic in &topics {
                let found: BTreeSet<usize> = subscriptions
                    .subscribers(topic)
                    .iter()
                    .map(|subscriber| Arc::as_ptr(&subscriber.session) as usize)
                    .collect();
                let expected: BTreeSet<usize> = all
                    .iter()
                    .filter(|(filter, _)| filter::matches(filter, topic))
                    .map(|(_, session)| Arc::as_ptr(session) as usize)
                    .collect();
                prop_assert_eq!(found, expected, "{}", topic);
            }
            for (filter, session) in all {
                subscriptions.remove(&filter, &session);
            }
            prop_assert!(subscriptions.root.children.is_empty());
        }
    }

    #[test]
    fn overlapping_filters_deliver_once_at_the_highest_qos() {
        let mut subscriptions = Subscriptions::default();
        let session = session("panel");
        subscriptions.add(
            "a/#",
            &session,
            SubscriptionOptions { identifier: Some(1), ..options(0) },
        );
        subscriptions.add(
            "a/+",
            &session,
            SubscriptionOptions { identifier: Some(2), ..options(1) },
        );
        let subscribers = subscriptions.subscribers("a/b");
        assert_eq!(subscribers.len(), 1);
        assert_eq!(subscribers[0].qos, 1);
        let identifiers: BTreeSet<u32> = subscribers[0].identifiers.iter().copied().collect();
        assert_eq!(identifiers, BTreeSet::from([1, 2]));
    }
}
