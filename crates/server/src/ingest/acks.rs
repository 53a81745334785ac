//! Acknowledgements of a batch, one call for each connection.
use std::{collections::HashMap, sync::Arc};

use super::{Ack, Acknowledge};

/// Tokens by connection, each in the order of arrival.
#[derive(Debug, Default)]
pub(crate) struct AckBatch {
    groups: Vec<(Arc<dyn Acknowledge>, Vec<u64>)>,
    /// Address of a connection to its group; asked only where the delivery before
    /// came by another.
    by: HashMap<usize, usize>,
    last: usize,
}

impl AckBatch {
    pub(crate) fn push(&mut self, ack: Ack) {
        let Some(connection) = ack.connection else { return };
        let address = Arc::as_ptr(&connection).cast::<()>() as usize;
        let same = |group: &(Arc<dyn Acknowledge>, _)| {
            Arc::as_ptr(&group.0).cast::<()>() as usize == address
        };
        if !self.groups.get(self.last).is_some_and(same) {
            self.last = *self.by.entry(address).or_insert(self.groups.len());
            if self.last == self.groups.len() {
                self.groups.push((connection, Vec::new()));
            }
        }
        self.groups[self.last].1.push(ack.token);
    }

    /// They are committed.
    pub(crate) fn send(self) {
        for (connection, tokens) in self.groups {
            connection.acknowledge(&tokens);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Debug, Default)]
    struct Connection(Mutex<Vec<Vec<u64>>>);

    impl Acknowledge for Connection {
        fn acknowledge(&self, tokens: &[u64]) {
            self.0.lock().unwrap().push(tokens.to_vec());
        }
    }

    #[test]
    fn each_connection_hears_once_and_in_order() {
        let connections = [Arc::new(Connection::default()), Arc::new(Connection::default())];
        let mut acks = AckBatch::default();
        for (which, token) in [(0, 5), (1, 5), (0, 6), (0, 3), (1, 9)] {
            acks.push(Ack { connection: Some(connections[which].clone()), token });
        }
        acks.push(Ack { connection: None, token: 77 });
        acks.send();
        assert_eq!(*connections[0].0.lock().unwrap(), [vec![5, 6, 3]]);
        assert_eq!(*connections[1].0.lock().unwrap(), [vec![5, 9]]);
    }
}
