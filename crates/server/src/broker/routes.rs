//! The tree of subscriptions: which sessions want a topic.
use std::{collections::HashMap, sync::Arc};

use super::session::Session;

/// How a session subscribed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Options {
    /// Granted QoS: 0 or 1.
    pub(super) qos: u8,
    /// Not what the session itself published (MQTT 5).
    pub(super) no_local: bool,
    /// Retain flag as the publisher set it (MQTT 5).
    pub(super) as_published: bool,
    /// Named in what is delivered (MQTT 5).
    pub(super) identifier: Option<u32>,
}

/// One session that wants a topic, by one or more of its filters.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) session: Arc<Session>,
    pub(super) qos: u8,
    pub(super) no_local: bool,
    pub(super) as_published: bool,
    pub(super) identifiers: Vec<u32>,
}

#[derive(Debug, Default)]
struct Node {
    children: HashMap<Box<str>, Node>,
    here: Vec<(Arc<Session>, Options)>,
}

/// All subscriptions. `+` and `#` are children like others: both are no levels of
/// a topic, so nothing else can be taken for them.
#[derive(Debug, Default)]
pub(super) struct Routes {
    root: Node,
}

impl Routes {
    /// Adds or replaces.
    pub(super) fn add(&mut self, filter: &str, session: &Arc<Session>, options: Options) {
        let node = filter
            .split('/')
            .fold(&mut self.root, |node, level| node.children.entry(level.into()).or_default());
        match node.here.iter_mut().find(|(other, _)| Arc::ptr_eq(other, session)) {
            Some((_, old)) => *old = options,
            None => node.here.push((session.clone(), options)),
        }
    }

    /// Removes, and with it the branches that are left empty.
    pub(super) fn remove(&mut self, filter: &str, session: &Arc<Session>) {
        fn walk(node: &mut Node, levels: &[&str], session: &Arc<Session>) {
            let Some((first, rest)) = levels.split_first() else {
                node.here.retain(|(other, _)| !Arc::ptr_eq(other, session));
                return;
            };
            let Some(child) = node.children.get_mut(*first) else { return };
            walk(child, rest, session);
            if child.here.is_empty() && child.children.is_empty() {
                node.children.remove(*first);
            }
        }
        // As deep as a filter may be, no deeper.
        let levels: Vec<&str> = filter.split('/').collect();
        walk(&mut self.root, &levels, session);
    }

    /// Who wants `topic`; each session once, at the best QoS of its filters.
    pub(super) fn targets(&self, topic: &str) -> Vec<Target> {
        let mut targets = Vec::new();
        let mut levels = topic.split('/');
        if topic.starts_with('$') {
            let first = levels.next().unwrap_or_default();
            if let Some(child) = self.root.children.get(first) {
                child.collect(levels, &mut targets);
            }
        } else {
            self.root.collect(levels, &mut targets);
        }
        merge(&mut targets);
        targets
    }
}

impl Node {
    fn collect(&self, mut levels: std::str::Split<'_, char>, targets: &mut Vec<Target>) {
        if let Some(rest) = self.children.get("#") {
            rest.take(targets);
        }
        match levels.next() {
            None => self.take(targets),
            Some(level) => {
                for name in [level, "+"] {
                    if let Some(child) = self.children.get(name) {
                        child.collect(levels.clone(), targets);
                    }
                }
            }
        }
    }

    fn take(&self, targets: &mut Vec<Target>) {
        targets.extend(self.here.iter().map(|(session, options)| Target {
            session: session.clone(),
            qos: options.qos,
            no_local: options.no_local,
            as_published: options.as_published,
            identifiers: options.identifier.into_iter().collect(),
        }));
    }
}

/// Each session once: neighbours after sorting by address.
fn merge(targets: &mut Vec<Target>) {
    targets.sort_by_key(|target| Arc::as_ptr(&target.session) as usize);
    targets.dedup_by(|again, first| {
        let same = Arc::ptr_eq(&again.session, &first.session);
        if same {
            first.qos = first.qos.max(again.qos);
            first.no_local &= again.no_local;
            first.as_published |= again.as_published;
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
    use crate::broker::filter;

    fn options(qos: u8) -> Options {
        Options { qos, no_local: false, as_published: false, identifier: None }
    }

    proptest! {
        /// The tree finds what comparing with every filter finds, also after some
        /// are gone, and is empty when all are.
        #[test]
        fn the_tree_agrees_with_matching(
            filters in prop::collection::vec("(\\$?[ab]|\\+|)(/([abc]|\\+|)){0,3}(/#)?", 1..12),
            topics in prop::collection::vec("\\$?[ab](/[abc]?){0,4}", 1..12),
            gone in 0usize..12,
        ) {
            let mut routes = Routes::default();
            let mut all: Vec<_> = filters
                .iter()
                .filter(|filter| filter::is_filter(filter))
                .enumerate()
                .map(|(n, filter)| (filter.clone(), Session::new(&format!("s{}", n % 4))))
                .collect();
            for (filter, session) in &all {
                routes.add(filter, session, options(1));
            }
            for (filter, session) in all.drain(..gone.min(all.len())) {
                routes.remove(&filter, &session);
            }
            for topic in &topics {
                let found: BTreeSet<usize> = routes
                    .targets(topic)
                    .iter()
                    .map(|target| Arc::as_ptr(&target.session) as usize)
                    .collect();
                let expected: BTreeSet<usize> = all
                    .iter()
                    .filter(|(filter, _)| filter::matches(filter, topic))
                    .map(|(_, session)| Arc::as_ptr(session) as usize)
                    .collect();
                prop_assert_eq!(found, expected, "{}", topic);
            }
            for (filter, session) in all {
                routes.remove(&filter, &session);
            }
            prop_assert!(routes.root.children.is_empty());
        }
    }

    #[test]
    fn overlapping_filters_deliver_once_at_the_best_qos() {
        let mut routes = Routes::default();
        let session = Session::new("panel");
        routes.add("a/#", &session, Options { identifier: Some(1), ..options(0) });
        routes.add("a/+", &session, Options { identifier: Some(2), ..options(1) });
        let targets = routes.targets("a/b");
        assert_eq!(targets.len(), 1);
        assert_eq!(targets[0].qos, 1);
        let identifiers: BTreeSet<u32> = targets[0].identifiers.iter().copied().collect();
        assert_eq!(identifiers, BTreeSet::from([1, 2]));
    }
}
