//! Activities of town halls. They are shown with their effect
//! ([`crate::Standings::effect`]) and never used to rank. The kinds are those of the
//! competition of 2011.

use jiff::civil::Date;

use crate::{Bilingual, names::names};

/// Something that a town hall did to save electricity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its kind.
    pub kind: ActivityKind,
    /// The local date.
    pub day: Date,
    /// Where in the building; may be empty.
    pub place: String,
    /// By whom, as a role such as "caretaker"; may be empty.
    pub by: String,
    /// The town hall's own description; may be empty.
    pub note: String,
}

/// A kind of activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActivityKind {
    /// A walk through the building at night, with notes on what was left on.
    NightWalk,
    /// An e-mail with the standings to all employees.
    StandingsByMail,
    /// A target was set.
    Target,
    /// A meeting or a visit.
    Meeting,
    /// A survey among the employees.
    Survey,
    /// An inventory of equipment.
    Inventory,
    /// Distribution of power strips with a switch.
    PowerStrips,
    /// Something else.
    Other,
}

impl ActivityKind {
    /// The name for pages and reports.
    pub const fn names(self) -> Bilingual<&'static str> {
        let (english, swedish) = match self {
            Self::NightWalk => ("Night walk", "Nattvandring"),
            Self::StandingsByMail => ("E-mail with the standings", "Mejl med ställningen"),
            Self::Target => ("Target", "Mål"),
            Self::Meeting => ("Meeting or visit", "Möte eller besök"),
            Self::Survey => ("Survey", "Enkät"),
            Self::Inventory => ("Inventory of equipment", "Inventering av utrustning"),
            Self::PowerStrips => ("Power strips with a switch", "Grenuttag med strömbrytare"),
            Self::Other => ("Other", "Annat"),
        };
        Bilingual { english, swedish }
    }
}

names!(ActivityKind {
    NightWalk = "night-walk",
    StandingsByMail = "standings-by-mail",
    Target = "target",
    Meeting = "meeting",
    Survey = "survey",
    Inventory = "inventory",
    PowerStrips = "power-strips",
    Other = "other",
});
