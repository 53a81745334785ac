//! What a town hall did: the kinds of 2011 as presets. When, where and by whom is
//! told, never used to rank; the effect is [`crate::Standings::effect`].

use jiff::civil::Date;

use crate::{Bilingual, names::names};

/// One thing that a town hall did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Of what kind.
    pub kind: ActivityKind,
    /// The local day.
    pub day: Date,
    /// Where in the house; empty where not told.
    pub place: String,
    /// By whom, as a role such as "caretaker"; empty where not told.
    pub by: String,
    /// More in the town hall's own words; may be empty.
    pub note: String,
}

/// A kind of activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActivityKind {
    /// A walk through the dark house, with notes on what was left on.
    NightWalk,
    /// The standings by e-mail to everybody.
    StandingsByMail,
    /// A target was set.
    Target,
    /// A meeting or a visit.
    Meeting,
    /// A survey among the staff.
    Survey,
    /// An inventory of equipment.
    Inventory,
    /// Power strips with a switch were handed out.
    PowerStrips,
    /// Something else.
    Other,
}

impl ActivityKind {
    /// In English and in Swedish.
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
