//! Fields of the organiser's forms, with numbers as people write them in Sweden.
use crate::{
    audit::{Declaration, DeclarationRequest},
    engine::{Decision, DecisionError},
    web::{problem::Problem, query_params::QueryParams},
};

/// Parses the fields of a form.
pub(super) fn read(form: &QueryParams, locked: bool) -> Result<Decision, Problem> {
    let text = |name: &str| form.get(name).map(str::to_owned);
    let need = |name: &str| text(name).unwrap_or_default();
    if form.get("kind") == Some("lock") {
        return Ok(Decision::Lock { by: need("by"), reason: need("reason") });
    }
    let number = |name: &str| match form.get(name) {
        Some(text) => text.replace([' ', '\u{a0}'], "").replace(',', ".").parse::<f64>().map(Some),
        None => Ok(None),
    };
    let number = |name: &str| {
        number(name)
            .map_err(|_| Problem::bad_request(format!("{name} is no number"), "give digits only"))
    };
    let whole = |name: &str| Ok::<_, Problem>(number(name)?.map(|value| value.round() as i64));
    // Registers are read off in kWh.
    let wh = |name: &str| Ok::<_, Problem>(number(name)?.map(|kwh| (kwh * 1000.0).round() as i64));
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
