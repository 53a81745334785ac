//! The page of one town hall's panel.
use competition::{Contact, Participant, ParticipantIndex, Watts};
use wire::{Direction, Page, Text};

use super::{PageInputs, is_night, recent_step};

/// The arrow points up or down where the saving of the last seven days differs from
/// that of the whole contest by at least this, percentage points.
const DIRECTION_THRESHOLD: f64 = 0.5;

impl PageInputs<'_> {
    /// The page of a participant; `None` where the snapshot does not contain it.
    pub fn page(&self, index: ParticipantIndex) -> Option<Page> {
        let who = self.participants.get(index.0 as usize)?;
        let figures = self.snapshot.figures.get(index.0 as usize)?;
        let row = self.snapshot.board.rows.iter().find(|row| row.participant == index)?;
        let local = self.local();
        let live = row.contact == Contact::Live;
        // A step is shown only while the meter is live.
        let step = recent_step(figures, self.now).filter(|_| live);
        let direction = row.saving_percent.zip(figures.saving_recent_percent);
        Some(Page {
            t: time(self.now)?,
            name: Text::truncated(&who.municipality),
            contact: match row.contact {
                Contact::Live => wire::Contact::Live,
                Contact::Stale => wire::Contact::Stale,
                Contact::Silent | Contact::Imported => wire::Contact::Silent,
            },
            since: row.measured_at.and_then(time),
            utc_offset_min: (local.offset().seconds() / 60) as i16,
            power_w: row.power.filter(|_| live).map(|power| power.0),
            step_w: step.map(|(_, by)| by.0),
            step_at: step.and_then(|(at, _)| time(at)),
            today_wh: figures.today.map(|energy| energy.0 / 1000),
            today_baseline_wh: figures.today_baseline.map(|energy| energy.0 / 1000),
            saving_permille: row.saving_percent.map(|percent| (percent * 10.0).round() as i16),
            direction: direction.map(|(whole, recent)| match recent - whole {
                gain if gain >= DIRECTION_THRESHOLD => Direction::Up,
                gain if gain <= -DIRECTION_THRESHOLD => Direction::Down,
                _ => Direction::Level,
            }),
            rank: row.rank.and_then(|rank| rank.try_into().ok()),
            of: Participant::competing(self.participants).try_into().unwrap_or(u16::MAX),
            wh_per_m2: row.kwh_per_m2.map(|kwh| (kwh * 1000.0).round() as u32),
            night_w: figures.night.map(used_watts),
            hours_w: figures.hours.map(|hour| hour.map(used_watts)),
            ticker: Text::truncated(&self.ticker()),
            night: is_night(&local),
            language: self.language,
        })
    }
}

/// Watts for the panel, which shows use only: power that is fed to the grid counts as 0.
fn used_watts(power: Watts) -> u32 {
    power.0.max(0).try_into().unwrap_or(u32::MAX)
}

fn time(at: competition::Time) -> Option<wire::Time> {
    wire::Time::from_unix(at.0).ok()
}
