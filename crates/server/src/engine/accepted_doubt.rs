//! Whether there is a doubt that the organiser accepts: a mistyped kind or date would be
//! recorded and change nothing.
use competition::{ParticipantIndex, Standings};

use crate::audit::{Change, Declaration, DeclarationError, Moment, declaration_error, moment};

/// Checks that an open doubt of the accepted kind lies in the accepted hours.
///
/// # Errors
/// There is none; the hint lists the participant's open doubts.
pub(super) fn check_accepted_doubt(
    declared: &Declaration,
    standings: &Standings,
) -> Result<(), DeclarationError> {
    let Change::AcceptDoubt { participant: id, doubt: kind, from, until } = &declared.change else {
        return Ok(());
    };
    let zone = &standings.competition().timezone;
    let begin = from.resolve("from", zone)?;
    let end = until.as_ref().map(|until: &Moment| until.resolve("until", zone)).transpose()?;
    let who = standings.participants().iter().position(|it| it.id == *id);
    // That the participant is known is checked elsewhere.
    let Some(who) = who else { return Ok(()) };
    let open = standings.doubts(ParticipantIndex(who as u32));
    let is_accepted = |it: &&competition::Doubt| {
        it.kind == *kind && begin < it.until && end.is_none_or(|end| it.from < end)
    };
    if open.iter().any(|it| is_accepted(&it)) {
        return Ok(());
    }
    let listed: Vec<String> = open
        .iter()
        .map(|it| format!("{} from {} to {}", it.kind, moment(it.from), moment(it.until)))
        .collect();
    let hint = match listed.as_slice() {
        [] => format!("{id} has no open doubts; accept a doubt once it is shown"),
        _ => format!("its open doubts are: {}", listed.join("; ")),
    };
    Err(declaration_error(
        format!("{id} has no open doubt of the kind {kind} in these hours"),
        hint,
    )
    .in_swedish(
        "Rådhuset har ingen sådan ifrågasatt tid just nu. Se efter under Ifrågasatta mätvärden.",
    ))
}
