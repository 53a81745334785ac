//! Topic names and topic filters: which are well-formed, and which match (MQTT 5, section
//! 4.7, and the same in MQTT 3.1.1).

/// Most levels of a topic filter. It bounds the depth of the subscription tree.
pub(super) const MAX_LEVELS: usize = 32;

/// Whether a client may publish to it.
pub(super) fn is_topic_name(text: &str) -> bool {
    !text.is_empty() && !text.bytes().any(|byte| matches!(byte, b'+' | b'#' | 0))
}

/// Whether a client may subscribe to it.
pub(super) fn is_topic_filter(text: &str) -> bool {
    if text.is_empty() || text.bytes().any(|byte| byte == 0) {
        return false;
    }
    let mut levels = text.split('/').enumerate().peekable();
    while let Some((depth, level)) = levels.next() {
        let last = levels.peek().is_none();
        if depth >= MAX_LEVELS || (level == "#" && !last) {
            return false;
        }
        if level.len() > 1 && level.bytes().any(|byte| matches!(byte, b'+' | b'#')) {
            return false;
        }
    }
    true
}

/// Whether a filter names exactly one topic.
pub(super) fn has_no_wildcard(filter: &str) -> bool {
    !filter.bytes().any(|byte| matches!(byte, b'+' | b'#'))
}

/// Whether `filter` matches `topic`; both have to be well-formed.
pub(super) fn matches(filter: &str, topic: &str) -> bool {
    // A leading wildcard does not match topics that begin with `$`.
    if topic.starts_with('$') && !filter.starts_with('$') {
        return false;
    }
    let mut topic = topic.split('/');
    for level in filter.split('/') {
        match (level, topic.next()) {
            // "a/#" also matches "a" itself, so the topic may have no further level.
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (level, Some(found)) if level == found => {}
            _ => return false,
        }
    }
    topic.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard() {
        for (filter, topic, expected) in [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
            ("sport/#", "sport", true),
            ("#", "sport", true),
            ("sport/tennis/+", "sport/tennis/player1", true),
            ("sport/tennis/+", "sport/tennis/player1/ranking", false),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("/+", "/finance", true),
            ("+", "/finance", false),
            ("#", "$SYS/x", false),
            ("+/monitor/Clients", "$SYS/monitor/Clients", false),
            ("$SYS/#", "$SYS/x", true),
            ("$SYS/monitor/+", "$SYS/monitor/Clients", true),
            ("a/b", "a/b/c", false),
            ("a/b/c", "a/b", false),
            ("A", "a", false),
        ] {
            assert!(is_topic_filter(filter) && is_topic_name(topic));
            assert_eq!(matches(filter, topic), expected, "{filter} {topic}");
        }
    }

    #[test]
    fn malformed_topics_and_filters_are_rejected() {
        let deep = "a/".repeat(MAX_LEVELS);
        for filter in ["", "a#", "#/a", "a/#/b", "a+", "+a/b", "a/b+/c", "a\0b", &deep] {
            assert!(!is_topic_filter(filter), "{filter:?}");
        }
        for topic in ["", "a/+", "#", "a\0"] {
            assert!(!is_topic_name(topic), "{topic:?}");
        }
        assert!(is_topic_filter("/") && is_topic_name("/") && is_topic_filter("+/#"));
    }
}
