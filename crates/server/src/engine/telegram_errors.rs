//! Telegrams that gateways rejected. A gateway counts from its own start on and sends the
//! counts in its status; here the counts of all its starts are added up.
use std::collections::BTreeMap;

use wire::{GatewayId, Status, TelegramErrorCounts, TelegramErrorKind};

/// The last counts of a gateway.
#[derive(Debug, Clone, Copy, Default)]
struct LastCounts {
    boot: Option<u32>,
    refused: TelegramErrorCounts,
}

/// The last counts of every gateway.
#[derive(Debug, Default)]
pub(super) struct TelegramErrors(BTreeMap<GatewayId, LastCounts>);

impl TelegramErrors {
    /// How many more telegrams were rejected since the last status, by reason; they are
    /// added to `wattkampen_telegrams_refused_total`.
    pub(super) fn update(
        &mut self,
        id: &GatewayId,
        status: &Status,
    ) -> Vec<(TelegramErrorKind, u32)> {
        // A will message has no counts.
        let Some(refused) = status.refused else { return Vec::new() };
        let last = self.0.entry(id.clone()).or_default();
        let before =
            if last.boot == status.boot { last.refused } else { LastCounts::default().refused };
        *last = LastCounts { boot: status.boot, refused };
        let more = refused.by_reason().into_iter().zip(before.by_reason());
        // A count that decreased within a start belongs to another start.
        more.map(|((reason, now), (_, before))| (reason, now.checked_sub(before).unwrap_or(now)))
            .filter(|(_, more)| *more > 0)
            .inspect(|(reason, more)| {
                let gateway = id.as_str().to_owned();
                metrics::counter!(
                    "wattkampen_telegrams_refused_total",
                    "gateway" => gateway,
                    "reason" => reason.as_str()
                )
                .increment(u64::from(*more));
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_starts_add_up_and_a_will_message_changes_nothing() {
        let mut telegrams = TelegramErrors::default();
        let id: GatewayId = "g".parse().unwrap();
        let mut heard = |boot, checksum, cut| {
            let refused = TelegramErrorCounts { checksum, cut, ..TelegramErrorCounts::default() };
            let status = Status {
                boot: Some(boot),
                refused: Some(refused),
                ..Status::state_only(wire::ConnectionState::Online)
            };
            telegrams.update(&id, &Status::state_only(wire::ConnectionState::Offline));
            telegrams.update(&id, &status)
        };
        assert_eq!(heard(1, 2, 0), [(TelegramErrorKind::Checksum, 2)]);
        assert_eq!(heard(1, 2, 0), []);
        assert_eq!(heard(1, 5, 1), [(TelegramErrorKind::Checksum, 3), (TelegramErrorKind::Cut, 1)]);
        assert_eq!(heard(2, 5, 0), [(TelegramErrorKind::Checksum, 5)]);
        assert_eq!(heard(2, 1, 0), [(TelegramErrorKind::Checksum, 1)]);
    }
}
