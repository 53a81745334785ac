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
    /// Meters whose register is the export register of another one, by that one.
    exports: HashMap<MeterIndex, MeterIndex>,
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
        let meters = participants.iter().flat_map(|participant| &participant.meters);
        for (meter, index) in meters.zip((0..).map(MeterIndex)) {
            let of = meter.export_of.as_ref().and_then(|of| directory.meters.get(of));
            if let Some(of) = of.map(|entry| entry.index) {
                directory.exports.insert(of, index);
            }
        }
        directory
    }

    /// The meter that has the export register of another one, and its reading.
    pub fn export(&self, meter: MeterIndex, sample: &Sample) -> Option<(MeterIndex, Sample)> {
        let import = sample.export?;
        let export = Sample { at: sample.at, import, export: None, power: None };
        Some((*self.exports.get(&meter)?, export))
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

#[cfg(test)]
mod tests {
    use competition::{Measures, Meter};

    use super::*;

    #[test]
    fn an_export_register_is_the_reading_of_its_own_meter() {
        let mut export = Meter::new("export");
        (export.measures, export.export_of) = (Measures::Export, Some("grid".to_owned()));
        let meters = vec![Meter::new("other"), Meter::new("grid"), export];
        let who = Participant { meters, ..Participant::default() };
        let directory = MeterDirectory::new(&[who], &HashMap::new());
        let sample = |export| Sample {
            at: Time(900),
            import: WattHours(7),
            export,
            power: Some(Watts(-4000)),
        };
        let (meter, reading) =
            directory.export(MeterIndex(1), &sample(Some(WattHours(5)))).expect("its export");
        assert_eq!((meter, reading.import, reading.power), (MeterIndex(2), WattHours(5), None));
        assert_eq!(directory.export(MeterIndex(1), &sample(None)), None);
        assert_eq!(directory.export(MeterIndex(0), &sample(Some(WattHours(5)))), None);
    }
}
