//! Whose a file is: by its name, or asked for with a command for each meter or participant.
use competition::{Measures, Participant, Sign};

use super::{Target, command_line::shell};
use crate::{
    config::place,
    import::{Choice, LayoutError},
};

/// Answers that one refusal prints at most.
const PRINTED: usize = 40;

impl Target<'_> {
    /// The id that a file's name is for, or the name itself.
    pub(super) fn id_of(&self, stem: &str) -> String {
        let found = if self.temperature {
            self.config.participant_named(stem).map(|participant| &participant.id)
        } else {
            self.config.meter_named(stem).map(|meter| &meter.id)
        };
        found.map_or_else(|_| stem.to_owned(), Clone::clone)
    }

    pub(super) fn is_known(&self, id: &str) -> bool {
        if self.temperature {
            self.config.participant(id).is_ok()
        } else {
            self.config.meter(id).is_ok()
        }
    }

    /// Asks whose a file is that is called neither as a meter nor as a participant: first
    /// those whose municipality the name contains.
    pub(super) fn whose(&self, stem: &str) -> LayoutError {
        let mut choices = self.owners(&|participant| is_in(stem, participant));
        choices.extend(self.owners(&|participant| !is_in(stem, participant)));
        let (kind, option) = self.kind();
        let more = choices.len().saturating_sub(PRINTED);
        choices.truncate(PRINTED);
        let hint = match more {
            0 => format!("state the {kind} of the file with {option}"),
            _ => format!("state the {kind} of the file with {option}; {more} more are configured"),
        };
        LayoutError::question(format!("no {kind} is called {stem:?}"), hint, choices)
    }

    /// Adds the question whose a file is to another one, so that one command answers both.
    pub(super) fn with_whose(&self, error: LayoutError, stem: &str) -> LayoutError {
        let is_clear = self.stated_id.is_some() || error.names_meter || self.is_known(stem);
        if is_clear || error.choices.is_empty() {
            return error;
        }
        let mut owners = self.owners(&|participant| is_in(stem, participant));
        if owners.is_empty() {
            owners = self.owners(&|_| true);
        }
        if owners.len() * error.choices.len() > PRINTED {
            return self.whose(stem);
        }
        let (kind, option) = self.kind();
        let both = owners.iter().flat_map(|owner| {
            error.choices.iter().map(|answer| {
                let option = format!("{} {}", owner.option, answer.option);
                Choice::new(option, format!("{}; {}", owner.meaning, answer.meaning))
            })
        });
        LayoutError::question(
            format!("{}, and no {kind} is called {stem:?}", error.what),
            format!("{}; and the {kind} of the file with {option}", error.hint),
            both.collect(),
        )
    }

    const fn kind(&self) -> (&'static str, &'static str) {
        if self.temperature { ("participant", "--participant ID") } else { ("meter", "--meter ID") }
    }

    /// The option for each meter or participant that is wanted.
    fn owners(&self, is_wanted: &dyn Fn(&Participant) -> bool) -> Vec<Choice> {
        let wanted = self.config.participants.iter().filter(|participant| is_wanted(participant));
        if self.temperature {
            return wanted
                .map(|it| Choice::new(format!("--participant {}", shell(&it.id)), place(it)))
                .collect();
        }
        wanted
            .flat_map(|it| it.meters.iter().map(move |meter| (it, meter)))
            .map(|(it, meter)| {
                let what = match (meter.measures, meter.sign) {
                    (Measures::Export, _) => ", export",
                    (Measures::Production, _) => ", production",
                    (Measures::Use, Sign::Minus) => ", subtracted",
                    (Measures::Use, Sign::Plus) => "",
                };
                let option = format!("--meter {}", shell(&meter.id));
                Choice::new(option, format!("{}{what}", place(it)))
            })
            .collect()
    }
}

/// Whether the name of a file has the id or the municipality of a participant among its
/// words, with or without the dots and rings of its letters.
fn is_in(stem: &str, participant: &Participant) -> bool {
    let stem = format!(" {} ", plain(stem));
    [&participant.id, &participant.municipality]
        .iter()
        .any(|name| stem.contains(&format!(" {} ", plain(name))))
}

/// Words in lower case without marks: `Åmål_timmar` is `amal timmar`.
fn plain(text: &str) -> String {
    let letter = |c: char| match c {
        'å' | 'ä' | 'æ' => 'a',
        'ö' | 'ø' => 'o',
        'é' => 'e',
        c if c.is_alphanumeric() => c,
        _ => ' ',
    };
    let combining = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
    text.to_lowercase().chars().filter(|c| !combining(c)).map(letter).collect()
}
