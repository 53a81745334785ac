//! Fields of the organiser's forms, with numbers as people write them in Sweden, and what
//! is wrong with them in the visitor's language.
use wire::Language;

use crate::{
    audit::{Declaration, DeclarationError, DeclarationRequest},
    engine::{Decision, DecisionError},
    web::{problem::Problem, query_params::QueryParams, view::RefusedForm},
};

/// Why a form does not lead to a decision.
pub(super) enum FormError {
    /// What it asks for is wrong: the page shows it again.
    Refused(DecisionError),
    /// A field is no number.
    NoNumber(&'static str),
    /// Anything else.
    Failed(Problem),
}

impl From<Problem> for FormError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<DecisionError> for FormError {
    fn from(error: DecisionError) -> Self {
        Self::Refused(error)
    }
}

impl From<FormError> for Problem {
    fn from(error: FormError) -> Self {
        match error {
            FormError::Refused(error) => error.into(),
            FormError::NoNumber(field) => {
                Self::bad_request(format!("{field} is no number"), "give digits only")
            }
            FormError::Failed(problem) => problem,
        }
    }
}

impl FormError {
    /// The form as the page shows it again, and the problem for its status.
    pub(super) fn refused(
        self,
        sent: &QueryParams,
        l: Language,
    ) -> Result<(RefusedForm, Problem), Problem> {
        let error = match self {
            Self::Failed(problem) => return Err(problem),
            Self::NoNumber(field) => {
                let problem =
                    Problem::bad_request(format!("{field} is no number"), "give digits only");
                let text = l.pick(
                    "Det är inget tal. Skriv siffror, till exempel 1250,5.",
                    "This is no number. Give digits, such as 1250.5.",
                );
                let refused = RefusedForm {
                    sent: sent.clone(),
                    field: Some(field),
                    problem: text.to_owned(),
                };
                return Ok((refused, problem));
            }
            Self::Refused(error) => error,
        };
        let (field, swedish) = match &error {
            DecisionError::Invalid(DeclarationError { field, swedish, .. }) => {
                // Registers are entered in kWh.
                let field = field.map(|name| match name {
                    "last_wh" => "last_kwh",
                    "first_wh" => "first_kwh",
                    name => name,
                });
                (field, swedish.clone())
            }
            DecisionError::Locked => (None, Some("Resultatet är låst. Bara en rättelse ändrar det.".to_owned())),
            DecisionError::NotLocked => (None, Some("Resultatet är inte låst.".to_owned())),
            DecisionError::ContestRunning(_) => {
                (None, Some("Tävlingen pågår. Lås resultatet när den är slut.".to_owned()))
            }
            DecisionError::Store(_) => (
                None,
                Some("Beslutet kunde inte sparas. Se till att disken har plats och går att skriva till, och försök igen.".to_owned()),
            ),
        };
        // A field that the form does not show has its problem at the form.
        let field = field.filter(|name| sent.has(name));
        let english =
            || format!("{}. {}.", capitalised(&error.to_string()), capitalised(error.hint()));
        let problem = match l {
            Language::Swedish => swedish.unwrap_or_else(english),
            Language::English => english(),
        };
        Ok((RefusedForm { sent: sent.clone(), field, problem }, error.into()))
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

/// Parses the fields of a form.
pub(super) fn read(form: &QueryParams, locked: bool) -> Result<Decision, FormError> {
    let text = |name: &str| form.get(name).map(str::to_owned);
    let need = |name: &str| text(name).unwrap_or_default();
    if form.get("kind") == Some("lock") {
        return Ok(Decision::Lock { by: need("by"), reason: need("reason") });
    }
    let number = |name: &'static str| match form.get(name) {
        Some(text) => text
            .replace([' ', '\u{a0}'], "")
            .replace(',', ".")
            .parse::<f64>()
            .map(Some)
            .map_err(|_| FormError::NoNumber(name)),
        None => Ok(None),
    };
    let whole =
        |name: &'static str| Ok::<_, FormError>(number(name)?.map(|value| value.round() as i64));
    // Registers are read off in kWh.
    let wh = |name: &'static str| {
        Ok::<_, FormError>(number(name)?.map(|kwh| (kwh * 1000.0).round() as i64))
    };
    let request = DeclarationRequest {
        kind: need("kind"),
        by: need("by"),
        reason: need("reason"),
        participant: text("participant"),
        meter: text("meter"),
        from: text("from"),
        until: text("until"),
        at: text("at"),
        doubt: text("doubt"),
        factor: number("factor")?,
        last_wh: wh("last_kwh")?,
        first_wh: wh("first_kwh")?,
        m2: number("m2")?,
        count: whole("count")?.map(|count| count.clamp(0, i64::from(u32::MAX)) as u32),
        activity: text("activity"),
        day: text("day"),
        place: text("place"),
        entry: whole("entry")?,
    };
    let declaration = Declaration::try_from(request).map_err(DecisionError::from)?;
    Ok(if locked { Decision::Amend(declaration) } else { Decision::Declare(declaration) })
}
