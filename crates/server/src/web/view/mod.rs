//! The pages as server-rendered HTML, complete without a script. The script only
//! fetches the same page again and replaces what changed.
mod accounts;
mod activities;
mod bar;
mod board;
mod chart;
mod decisions;
mod doubts;
mod form;
mod history;
mod kiosk;
mod layout;
mod organiser;
mod panel_gallery;
mod participant;
mod row;
mod selection;
mod sign_in;
mod summary;
mod town;
mod what_if;

use competition::{Competition, Participant, ParticipantIndex, Status, Time};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use wire::Language;

pub(super) use accounts::{AccountsPage, accounts};
pub(super) use board::board;
pub(super) use chart::LoadCurve;
pub(super) use form::RefusedForm;
pub(super) use history::DecisionHistory;
pub(super) use kiosk::kiosk;
pub(super) use layout::{error, not_found};
pub(super) use organiser::{OrganiserView, organiser};
pub(super) use participant::{ChartEnd, ParticipantCharts, participant};
pub(super) use selection::Selection;
pub(super) use sign_in::{PasswordPage, SignInPage, choose_password, sign_in};
pub(super) use town::town;
pub(super) use what_if::what_if;

use super::visitor::FORM_FIELD;
use crate::{display::PageInputs, engine::Snapshot, text::DecisionText};

/// The inputs of every page.
#[derive(Debug, Clone, Copy)]
pub(super) struct ViewContext<'a> {
    pub(super) competition: &'a Competition,
    pub(super) participants: &'a [Participant],
    pub(super) snapshot: &'a Snapshot,
    pub(super) language: Language,
    /// The token of the page's forms.
    pub(super) form_token: Option<&'a str>,
    /// Whether the visitor may decide.
    pub(super) decides: bool,
    /// How many times faster than real time the simulated clock runs; `None` where the
    /// clock and the meters are real.
    pub(super) simulation_speed: Option<f64>,
}

impl<'a> ViewContext<'a> {
    /// The field of a form with its token.
    fn token_field(&self) -> Markup {
        html! {
            @if let Some(token) = self.form_token {
                input type="hidden" name=(FORM_FIELD) value=(token);
            }
        }
    }

    fn now(&self) -> Time {
        self.snapshot.as_of
    }

    fn zone(&self) -> &'a TimeZone {
        &self.competition.timezone
    }

    /// The inputs of the panels' pages.
    fn page_inputs(&self) -> PageInputs<'a> {
        PageInputs {
            competition: self.competition,
            participants: self.participants,
            snapshot: self.snapshot,
            language: self.language,
            now: self.now(),
        }
    }

    /// Writes decisions for the visitor.
    fn decision_text(&self) -> DecisionText<'a> {
        DecisionText { participants: self.participants, zone: self.zone(), language: self.language }
    }

    /// Whether the contest is over.
    fn is_over(&self) -> bool {
        matches!(self.snapshot.board.status, Status::Ended | Status::Locked)
    }

    /// Number of town halls that compete.
    fn competing(&self) -> usize {
        Participant::competing(self.participants)
    }

    fn who(&self, index: ParticipantIndex) -> Option<&'a Participant> {
        self.participants.get(index.0 as usize)
    }
}
