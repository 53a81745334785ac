//! The external broker: a subscriber that acknowledges after the commit.
