//! What the panels show, from the standings.
