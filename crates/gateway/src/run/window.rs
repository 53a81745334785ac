//! Publishes in flight, and which readings an acknowledgement releases.
use heapless::Deque;

use crate::{MAX_WINDOW, ReadingId, Token};

#[derive(Debug)]
struct Flight {
    /// `None` for a status message.
    id: Option<ReadingId>,
    acknowledged: bool,
}

/// Tokens are consecutive, so that an acknowledgement is an index.
#[derive(Debug)]
pub(super) struct Window {
    flights: Deque<Flight, MAX_WINDOW>,
    /// Token of the oldest publish.
    base: u32,
    room: usize,
}

impl Window {
    /// At most `room` publishes at once.
    pub(super) fn new(room: usize) -> Self {
        Self { flights: Deque::new(), base: 1, room: room.clamp(1, MAX_WINDOW) }
    }

    pub(super) fn is_full(&self) -> bool {
        self.flights.len() >= self.room
    }

    pub(super) fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }

    /// Adds a publish; only while the window is not full.
    pub(super) fn begin(&mut self, id: Option<ReadingId>) -> Token {
        let token = Token(self.base.wrapping_add(self.flights.len() as u32));
        // The caller has checked `is_full`.
        let _ = self.flights.push_back(Flight { id, acknowledged: false });
        token
    }

    /// Records an acknowledgement; they arrive in any order. Returns the newest reading
    /// before which nothing is outstanding, if that has changed.
    pub(super) fn acknowledge(&mut self, token: Token) -> Option<ReadingId> {
        let index = token.0.wrapping_sub(self.base) as usize;
        // An unknown token is a repeated acknowledgement.
        self.flights.iter_mut().nth(index)?.acknowledged = true;
        let mut through = None;
        while self.flights.front().is_some_and(|flight| flight.acknowledged) {
            through = self.flights.pop_front().and_then(|flight| flight.id).or(through);
            self.base = self.base.wrapping_add(1);
        }
        through
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn frees_in_order_whatever_the_order(
            order in Just((0..20_usize).collect::<Vec<_>>()).prop_shuffle(),
            statuses in proptest::collection::vec(any::<bool>(), 20),
        ) {
            let mut window = Window::new(20);
            window.base = u32::MAX - 5;
            let id = |number: usize| ReadingId { boot: 1, seq: number as u32 };
            let tokens: Vec<_> = (0..20)
                .map(|number| window.begin((!statuses[number]).then(|| id(number))))
                .collect();
            prop_assert!(window.is_full());
            let mut done = [false; 20];
            for number in order {
                let freed = |done: &[bool; 20]| {
                    let through = done.iter().position(|done| !done).unwrap_or(20);
                    (0..through).rev().find(|number| !statuses[*number])
                };
                let before = freed(&done);
                done[number] = true;
                let after = freed(&done);
                let expected = if after == before { None } else { after.map(id) };
                prop_assert_eq!(window.acknowledge(tokens[number]), expected);
                prop_assert_eq!(window.acknowledge(tokens[number]), None, "repeated");
            }
            prop_assert!(window.is_empty());
        }
    }
}
