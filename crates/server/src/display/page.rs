//! A snapshot to what one town hall's panel shows.
use competition::{Contact, ParticipantIndex, Watts};
use wire::{Direction, Page, Text};

use super::{Stage, fresh_step, is_night};

/// The recent saving must differ from the whole contest's by this much, in
/// percentage points, before an arrow says so.
const TURN: f64 = 0.5;

impl Stage<'_> {
    /// `None` for a participant that the snapshot does not have.
    pub fn page(&self, index: ParticipantIndex) -> Option<Page> {
        let who = self.participants.get(index.0 as usize)?;
        let house = self.snapshot.figures.get(index.0 as usize)?;
        let row = self.snapshot.board.rows.iter().find(|row| row.participant == index)?;
        let local = self.local();
        let live = row.contact == Contact::Live;
        // Only a house that is heard can have a step that just happened.
        let step = fresh_step(house, self.now).filter(|_| live);
        let direction = row.saving_percent.zip(house.saving_recent_percent);
        Some(Page {
            t: time(self.now)?,
            name: Text::truncated(&who.municipality),
            contact: match row.contact {
                Contact::Live => wire::Contact::Live,
                Contact::Stale => wire::Contact::Stale,
                Contact::Silent => wire::Contact::Silent,
            },
            since: row.measured_at.and_then(time),
            utc_offset_min: (local.offset().seconds() / 60) as i16,
            power_w: row.power.filter(|_| live).map(|power| power.0),
            step_w: step.map(|(_, by)| by.0),
            step_at: step.and_then(|(at, _)| time(at)),
            today_wh: house.today.map(|energy| energy.0 / 1000),
            today_baseline_wh: house.today_baseline.map(|energy| energy.0 / 1000),
            saving_permille: row.saving_percent.map(|percent| (percent * 10.0).round() as i16),
            direction: direction.map(|(whole, recent)| match recent - whole {
                gain if gain >= TURN => Direction::Up,
                gain if gain <= -TURN => Direction::Down,
                _ => Direction::Level,
            }),
            rank: row.rank.and_then(|rank| rank.try_into().ok()),
            of: self.participants.len().try_into().unwrap_or(u16::MAX),
            wh_per_m2: row.kwh_per_m2.map(|kwh| (kwh * 1000.0).round() as u32),
            night_w: house.night.map(whole),
            hours_w: house.hours.map(|hour| hour.map(whole)),
            ticker: Text::truncated(&self.ticker()),
            night: is_night(&local),
            language: self.language,
        })
    }
}

/// A panel draws use; a building that feeds the grid uses nothing of it.
fn whole(power: Watts) -> u32 {
    power.0.max(0).try_into().unwrap_or(u32::MAX)
}

fn time(at: competition::Time) -> Option<wire::Time> {
    wire::Time::from_unix(at.0).ok()
}
