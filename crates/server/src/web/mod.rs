//! The leaderboard on HTTP: pages, JSON, server-sent events.
