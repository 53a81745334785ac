//! All sessions: whose they are, which clients are absent, and which session has to go when there
//! are too many.
//!
//! A session belongs to login and client identifier. A client with another login and the same
//! client identifier has a session of its own, so that no login can take over the session of
//! another, nor reserve its client identifiers.
//!
//! Where one session too many is opened, the oldest *absent* session (that of the client that has
//! been disconnected longest) ends:
//! - at the owner's share ([`Limits::share`]), one of the same owner;
//! - at [`Limits::sessions`], one of the owner with the most sessions, provided that it has more
//!   than the owner of the new session; otherwise one of the same owner.
//!
//! Where there is no such session, the new client is refused. A session of a connected client
//! never ends for another's sake.
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    Limits,
    owner::Owner,
    session::{Session, SessionKey},
    usage::{Count, Usage},
};

/// There is no room for another session of this owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooManySessions;

/// The session for a client that connects.
#[derive(Debug)]
pub(super) struct OpenedSession {
    pub(super) session: Arc<Session>,
    /// The session that a clean start replaces; the caller has to end it.
    pub(super) replaced: Option<Arc<Session>>,
    /// The session that gave way to the new one; the caller has to end it.
    pub(super) displaced: Option<Arc<Session>>,
}

#[derive(Debug)]
struct Entry {
    session: Arc<Session>,
    /// Since when the client is absent: a number in [`OwnerSessions::absent`].
    absent: Option<u64>,
}

#[derive(Debug)]
struct OwnerSessions {
    count: usize,
    usage: Arc<Usage>,
    /// The sessions of absent clients, the one that is absent longest first.
    absent: BTreeMap<u64, SessionKey>,
}

/// The sessions of all owners.
#[derive(Debug, Default)]
pub(super) struct SessionTable {
    sessions: HashMap<SessionKey, Entry>,
    owners: HashMap<Owner, OwnerSessions>,
    /// Grows with each client that becomes absent.
    absences: u64,
    /// Bytes queued for the sessions of all owners.
    queued_bytes: Arc<Count>,
}

impl SessionTable {
    /// The existing session, or a new one on a clean start. A new session counts as one of an
    /// absent client until [`Self::set_present`].
    pub(super) fn open(
        &mut self,
        key: &SessionKey,
        owner: &Owner,
        clean_start: bool,
        limits: &Limits,
    ) -> Result<OpenedSession, TooManySessions> {
        let old = self.sessions.get(key).map(|entry| entry.session.clone());
        if let (Some(session), false) = (&old, clean_start) {
            let session = session.clone();
            return Ok(OpenedSession { session, replaced: None, displaced: None });
        }
        let mut displaced = None;
        match &old {
            Some(old) => drop(self.remove(old)),
            None => displaced = self.make_room(owner, limits)?,
        }
        let sessions = self.owners.entry(owner.clone()).or_insert_with(|| OwnerSessions {
            count: 0,
            usage: Usage::new(owner.clone(), self.queued_bytes.clone()),
            absent: BTreeMap::new(),
        });
        sessions.count += 1;
        let session = Session::new(key.clone(), sessions.usage.clone());
        self.sessions.insert(key.clone(), Entry { session: session.clone(), absent: None });
        self.set_absent(&session);
        Ok(OpenedSession { session, replaced: old, displaced })
    }

    /// Removes and returns the session that has to end for a new one of `owner`, if any has to.
    fn make_room(
        &mut self,
        owner: &Owner,
        limits: &Limits,
    ) -> Result<Option<Arc<Session>>, TooManySessions> {
        let own = self.owners.get(owner).map_or(0, |sessions| sessions.count);
        let from = if own >= limits.share(owner, limits.sessions) {
            owner
        } else if self.sessions.len() >= limits.sessions {
            let heaviest = self.owners.iter().max_by_key(|(_, sessions)| sessions.count);
            let heavier = heaviest
                .filter(|(_, sessions)| sessions.count > own && !sessions.absent.is_empty());
            heavier.map_or(owner, |(heaviest, _)| heaviest)
        } else {
            return Ok(None);
        };
        let oldest = self.owners.get(from).and_then(|sessions| sessions.absent.values().next());
        let entry = oldest.and_then(|key| self.sessions.get(key)).ok_or(TooManySessions)?;
        let session = entry.session.clone();
        self.remove(&session);
        Ok(Some(session))
    }

    fn current(&mut self, session: &Arc<Session>) -> Option<&mut Entry> {
        let entry = self.sessions.get_mut(&session.key)?;
        Arc::ptr_eq(&entry.session, session).then_some(entry)
    }

    /// The session's client is connected. Whether this is still the client's session.
    pub(super) fn set_present(&mut self, session: &Arc<Session>) -> bool {
        let Some(entry) = self.current(session) else { return false };
        if let Some(number) = entry.absent.take()
            && let Some(sessions) = self.owners.get_mut(session.owner())
        {
            sessions.absent.remove(&number);
        }
        true
    }

    /// The session's client has disconnected.
    pub(super) fn set_absent(&mut self, session: &Arc<Session>) {
        if !self.set_present(session) {
            return;
        }
        self.absences += 1;
        let number = self.absences;
        if let Some(entry) = self.current(session) {
            entry.absent = Some(number);
        }
        if let Some(sessions) = self.owners.get_mut(session.owner()) {
            sessions.absent.insert(number, session.key.clone());
        }
    }

    /// Removes the session; whether it was the client's.
    pub(super) fn remove(&mut self, session: &Arc<Session>) -> bool {
        if !self.set_present(session) {
            return false;
        }
        self.sessions.remove(&session.key);
        if let Some(sessions) = self.owners.get_mut(session.owner()) {
            sessions.count -= 1;
            if sessions.count == 0 {
                self.owners.remove(session.owner());
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(name: &str) -> Owner {
        Owner::Login(name.into())
    }

    fn open(
        table: &mut SessionTable,
        owner: &Owner,
        id: &str,
        limits: &Limits,
    ) -> Result<OpenedSession, TooManySessions> {
        table.open(&SessionKey::new(owner, id), owner, false, limits)
    }

    fn displaced(opened: Result<OpenedSession, TooManySessions>) -> Option<String> {
        opened.unwrap().displaced.map(|session| session.key.to_string())
    }

    #[test]
    fn the_oldest_absent_session_of_the_same_login_goes_first() {
        // A login's share is two.
        let limits = Limits { sessions: 16, ..Limits::default() };
        let (mut table, mora) = (SessionTable::default(), login("mora"));
        let first = open(&mut table, &mora, "1", &limits).unwrap().session;
        open(&mut table, &mora, "2", &limits).unwrap();
        // The first has been connected since, so that the second is absent longer.
        assert!(table.set_present(&first));
        table.set_absent(&first);
        assert_eq!(displaced(open(&mut table, &mora, "3", &limits)).unwrap(), "mora/2");
        let third = open(&mut table, &mora, "3", &limits).unwrap().session;
        assert!(table.set_present(&first) && table.set_present(&third));
        assert_eq!(open(&mut table, &mora, "4", &limits).unwrap_err(), TooManySessions);
        assert!(table.remove(&third) && !table.remove(&third));
        assert_eq!(displaced(open(&mut table, &mora, "4", &limits)), None);
    }

    #[test]
    fn only_the_heaviest_owner_gives_way_to_another() {
        let limits = Limits { sessions: 16, ..Limits::default() };
        let (mut table, falun) = (SessionTable::default(), login("falun"));
        let many = Owner::Address([127, 0, 0, 1].into());
        assert_eq!(displaced(open(&mut table, &falun, "f1", &limits)), None);
        for n in 0..15 {
            assert_eq!(displaced(open(&mut table, &many, &n.to_string(), &limits)), None);
        }
        // The flood displaces its own, and another owner's session displaces one of the flood.
        assert_eq!(displaced(open(&mut table, &many, "15", &limits)).unwrap(), "0");
        assert_eq!(displaced(open(&mut table, &falun, "f2", &limits)).unwrap(), "1");
        assert_eq!(displaced(open(&mut table, &many, "16", &limits)).unwrap(), "2");
        let key = SessionKey::new(&falun, "f1");
        assert!(table.sessions.contains_key(&key));
    }
}
