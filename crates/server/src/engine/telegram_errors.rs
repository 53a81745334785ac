//! Telegrams that gateways refused: each gateway counts from its own start on, and
//! says so in its state; here the counts of all its starts are added up.
use std::collections::BTreeMap;

use wire::{GatewayId, Status, TelegramErrorCounts, TelegramErrorKind};

/// What a gateway last said.
#[derive(Debug, Clone, Copy, Default)]
struct Said {
    boot: Option<u32>,
    refused: TelegramErrorCounts,
}

/// Of every gateway that is kept.
#[derive(Debug, Default)]
pub(super) struct TelegramErrors(BTreeMap<GatewayId, Said>);

impl TelegramErrors {
    /// How many more were refused than when it last spoke, by reason; each is added to
    /// `wattkampen_telegrams_refused_total`.
    pub(super) fn heard(
        &mut self,
        id: &GatewayId,
        status: &Status,
    ) -> Vec<(TelegramErrorKind, u32)> {
        // A last will tells no numbers: the next word is compared with the one before it.
        let Some(refused) = status.refused else { return Vec::new() };
        let said = self.0.entry(id.clone()).or_default();
        let before = if said.boot == status.boot { said.refused } else { Said::default().refused };
        *said = Said { boot: status.boot, refused };
        let more = refused.by_reason().into_iter().zip(before.by_reason());
        // A smaller number of the same start is a start that was not counted.
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
    fn starts_add_up_and_a_will_changes_nothing() {
        let mut telegrams = TelegramErrors::default();
        let id: GatewayId = "g".parse().unwrap();
        let mut heard = |boot, checksum, cut| {
            let refused = TelegramErrorCounts { checksum, cut, ..TelegramErrorCounts::default() };
            let status = Status {
                boot: Some(boot),
                refused: Some(refused),
                ..Status::state_only(wire::ConnectionState::Online)
            };
            telegrams.heard(&id, &Status::state_only(wire::ConnectionState::Offline));
            telegrams.heard(&id, &status)
        };
        assert_eq!(heard(1, 2, 0), [(TelegramErrorKind::Checksum, 2)]);
        assert_eq!(heard(1, 2, 0), []);
        assert_eq!(heard(1, 5, 1), [(TelegramErrorKind::Checksum, 3), (TelegramErrorKind::Cut, 1)]);
        assert_eq!(heard(2, 5, 0), [(TelegramErrorKind::Checksum, 5)]);
        assert_eq!(heard(2, 1, 0), [(TelegramErrorKind::Checksum, 1)]);
    }
}
