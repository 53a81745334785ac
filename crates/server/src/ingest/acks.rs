//! Gathers the acknowledgements of a batch, so that each connection gets one call.
use std::{collections::HashMap, sync::Arc};

use super::delivery::{Ack, Acknowledge};

/// Tokens by connection, in the order of arrival.
#[derive(Debug, Default)]
pub(crate) struct AckBatch {
    groups: Vec<(Arc<dyn Acknowledge>, Vec<u64>)>,
    /// Index of a connection's group by the connection's address; looked up only where
    /// the delivery before was of another connection.
    by_address: HashMap<usize, usize>,
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
            self.last = *self.by_address.entry(address).or_insert(self.groups.len());
            if self.last == self.groups.len() {
                self.groups.push((connection, Vec::new()));
            }
        }
        self.groups[self.last].1.push(ack.token);
    }

    /// Acknowledges all deliveries, after their commit.
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
    fn each_connection_is_called_once_with_tokens_in_order() {
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
