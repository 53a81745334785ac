//! Which gateway may send readings of which meter, and how a message becomes a sample.
use std::collections::HashMap;

use competition::{
    MeterIndex, Participant, ParticipantIndex, RejectReason, Sample, Time, WattHours, Watts,
};
use wire::{GatewayId, Reading};

use super::error::IngestError;

/// The configured meters by name, with their gateways.
#[derive(Debug, Clone, Default)]
pub struct MeterDirectory {
    meters: HashMap<String, Entry>,
    owners: Vec<(String, ParticipantIndex)>,
}

#[derive(Debug, Clone)]
struct Entry {
    index: MeterIndex,
    gateway: Option<GatewayId>,
}

impl MeterDirectory {
    /// Numbers all meters, participant by participant.
    pub fn new(participants: &[Participant], gateways: &HashMap<String, GatewayId>) -> Self {
        let mut directory = Self::default();
        for (participant, owner) in participants.iter().zip(0..) {
            for meter in &participant.meters {
                let index = MeterIndex(directory.owners.len() as u32);
                directory.owners.push((meter.id.clone(), ParticipantIndex(owner)));
                let gateway = gateways.get(&meter.id).cloned();
                directory.meters.insert(meter.id.clone(), Entry { index, gateway });
            }
        }
        directory
    }

    /// The participant that has the meter.
    pub fn owner(&self, meter: MeterIndex) -> ParticipantIndex {
        self.owners[meter.0 as usize].1
    }

    /// Its name in messages.
    pub fn name(&self, meter: MeterIndex) -> &str {
        &self.owners[meter.0 as usize].0
    }

    /// Names of all meters, by [`MeterIndex`].
    pub fn names(&self) -> Vec<&str> {
        self.owners.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The meter and the sample of a reading, with the values that the gateway sent.
    ///
    /// A meter with a configured gateway accepts readings from that one alone, because
    /// otherwise any client that may publish could send them. The configuration moves a
    /// meter to another gateway.
    ///
    /// # Errors
    /// [`IngestError::UnknownMeter`], [`IngestError::WrongGateway`], or
    /// [`RejectReason::OutOfRange`] for a register beyond 63 bits.
    pub fn resolve(
        &self,
        gateway: &GatewayId,
        reading: &Reading,
    ) -> Result<(MeterIndex, Sample), IngestError> {
        let meter = reading.meter.as_str();
        let entry =
            self.meters.get(meter).ok_or_else(|| IngestError::UnknownMeter(meter.to_owned()))?;
        if let Some(expected) = entry.gateway.as_ref().filter(|expected| *expected != gateway) {
            return Err(IngestError::WrongGateway {
                meter: meter.to_owned(),
                expected: expected.to_string(),
            });
        }
        let register = |value: u64| i64::try_from(value).map_err(|_| RejectReason::OutOfRange);
        let sample = Sample {
            at: Time(reading.t.unix()),
            import: WattHours(register(reading.import_wh)?),
            export: reading.export_wh.map(register).transpose()?.map(WattHours),
            power: reading.power_w.map(Watts),
        };
        Ok((entry.index, sample))
    }
}
