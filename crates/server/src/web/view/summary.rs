//! The top of the front page, with the total of all participants, and the explanation of
//! the numbers.
use competition::{Contact, Leaderboard, Row, Status, Watts};
use maud::{Markup, html};
use wire::Language;

use super::ViewContext;
use crate::text::{FormatDate, FormatNumber, UNKNOWN, local};
use crate::web::rule::{self, score_text};

/// Days of the contest that are left, today included.
pub(in crate::web) fn days_left(context: &ViewContext) -> i32 {
    let today = local(context.now(), context.zone()).date();
    let end = context.competition.contest.end;
    end.since(today).map_or(0, |span| span.get_days()).max(0)
}

fn days_until(context: &ViewContext) -> i32 {
    let today = local(context.now(), context.zone()).date();
    context.competition.contest.start.since(today).map_or(0, |span| span.get_days()).max(0)
}

/// The share of the contest's days that have passed, 0 to 1.
fn elapsed(context: &ViewContext) -> f64 {
    let contest = context.competition.contest;
    let whole = contest.end.since(contest.start).map_or(1, |span| span.get_days()).max(1);
    f64::from(whole - days_left(context).min(whole)) / f64::from(whole)
}

/// Name, period and the main figures.
pub(super) fn summary(context: &ViewContext) -> Markup {
    let l = context.language;
    let board = &context.snapshot.board;
    let contest = context.competition.contest;
    let last = contest.end.yesterday().unwrap_or(contest.end);
    html! {
        section.hero { div.inner {
            p.eyebrow { (l.period(contest.start, last)) }
            h1 { (context.competition.name) }
            p.lead { (lead(context)) }
            dl #figures .figures data-live {
                div.first { dt { (l.pick("Sparat tillsammans", "Saved together")) }
                    // A saving of 0 is shown as a number; an unknown one is not.
                    @if board.rows.iter().any(|row| row.saved.is_some()) {
                        dd { (l.number(board.total_saved.kwh(), 0)) " " span.unit { "kWh" } }
                    } @else {
                        dd { (UNKNOWN) }
                    }
                    dd.note { (compared(context)) } }
                (remaining(context))
                (leader(context))
                (now(context))
            }
        } }
    }
}

/// What the total is compared with, and which of the town halls it is the sum of.
fn compared(context: &ViewContext) -> String {
    let (all, summed) = (context.competing(), context.snapshot.board.total_participants);
    let l = context.language;
    if summed == all {
        let words = l.pick(
            "jämfört med vad husen brukar använda",
            "compared with what the buildings normally use",
        );
        return words.to_owned();
    }
    match l {
        Language::Swedish => {
            format!("i {summed} av {all} rådhus, jämfört med vad husen brukar använda")
        }
        Language::English => format!(
            "in {summed} of {all} town halls, compared with what the buildings normally use"
        ),
    }
}

fn lead(context: &ViewContext) -> String {
    let n = context.competing();
    let rows = &context.snapshot.board.rows;
    let is_live = rows.iter().any(|row| matches!(row.contact, Contact::Live | Contact::Stale));
    match context.language {
        Language::Swedish => format!(
            "{n} rådhus tävlar om vem som sänker sin elanvändning mest. Varje hus mäts mot sig självt, och siffrorna kommer {} elmätarna.",
            if is_live { "direkt från" } else { "från" }
        ),
        Language::English => format!(
            "{n} town halls compete to lower their electricity use the most. Each building is measured against itself, with figures {} the electricity meters.",
            if is_live { "straight from" } else { "from" }
        ),
    }
}

fn remaining(context: &ViewContext) -> Markup {
    let l = context.language;
    let (title, value, unit) = match context.snapshot.board.status {
        Status::Upcoming => (
            l.pick("Börjar om", "Begins in"),
            l.number(days_until(context).into(), 0),
            l.pick("dagar", "days"),
        ),
        Status::Running => {
            let left = days_left(context);
            let unit = if left == 1 { l.pick("dag", "day") } else { l.pick("dagar", "days") };
            (l.pick("Kvar av tävlingen", "Left of the contest"), l.number(left.into(), 0), unit)
        }
        Status::Ended => {
            (l.pick("Tävlingen", "The contest"), l.pick("Avslutad", "Ended").into(), "")
        }
        Status::Locked => {
            (l.pick("Slutresultat", "Final result"), l.pick("Fastställt", "Confirmed").into(), "")
        }
    };
    let share = (elapsed(context) * 100.0).round();
    html! {
        div { dt { (title) }
            dd { (value) " " span.unit { (unit) } }
            dd.note {
                @match context.snapshot.board.status {
                    Status::Ended => (l.pick("sena avläsningar kan ännu ändra", "late readings may still change it")),
                    Status::Locked => {
                        (l.pick("låst av arrangören", "locked by the organiser")) " "
                        time { (l.full_moment(context.snapshot.board.as_of, context.zone())) }
                    },
                    _ => svg.progress viewBox="0 0 100 4" preserveAspectRatio="none" role="img"
                        aria-label={ (share) " % " (l.pick("av tävlingen har gått", "of the contest has passed")) } {
                        rect.track x="0" y="0" width="100" height="4" {}
                        rect.fill x="0" y="0" width=(share) height="4" {}
                    },
                }
            }
        }
    }
}

fn leader(context: &ViewContext) -> Markup {
    let l = context.language;
    let board = &context.snapshot.board;
    let first: Vec<_> = board.rows.iter().take_while(|row| row.rank == Some(1)).collect();
    let title = match board.status {
        Status::Ended | Status::Locked => l.pick("Först", "First"),
        _ => l.pick("Leder", "In the lead"),
    };
    html! {
        div { dt { (title) }
            @match first.first().and_then(|row| Some((row, context.who(row.participant)?))) {
                Some((row, who)) => {
                    dd.name { (who.municipality)
                        @if first.len() > 1 { " " span.unit { "+" (first.len() - 1) } } }
                    dd.note { (rule::title(board.rule, l)) " "
                        (score_text(&row.score, l)) }
                    @if let Some(others) = same_group(board, row) { dd.note { (match l {
                        Language::Swedish if others == 1 => "går inte att skilja från ett annat rådhus med säkerhet".to_owned(),
                        Language::Swedish => format!("går inte att skilja från {others} andra rådhus med säkerhet"),
                        Language::English if others == 1 => "cannot be distinguished from another town hall with certainty".to_owned(),
                        Language::English => format!("cannot be distinguished from {others} other town halls with certainty"),
                    }) } }
                }
                None => { dd { (UNKNOWN) } dd.note { (l.pick("inget rådhus är rangordnat än", "no town hall is ranked yet")) } }
            }
        }
    }
}

/// The number of other participants in the group of a row; `None` without any.
fn same_group(board: &Leaderboard, row: &Row) -> Option<usize> {
    let members = board.rows.iter().filter(|it| it.group.is_some() && it.group == row.group);
    members.count().checked_sub(1).filter(|others| *others > 0)
}

fn now(context: &ViewContext) -> Markup {
    let l = context.language;
    let competes = |row: &&Row| context.who(row.participant).is_some_and(|who| !who.reference);
    let rows = context.snapshot.board.rows.iter().filter(competes);
    let live = rows.filter(|row| row.contact == Contact::Live);
    let powers: Vec<Watts> = live.filter_map(|row| row.power).collect();
    let sum: Watts = powers.iter().copied().sum();
    if context.is_over() && powers.is_empty() {
        return html! {};
    }
    html! {
        div { dt { (l.pick("Just nu", "Right now")) }
            @if powers.is_empty() {
                dd { (UNKNOWN) }
            } @else {
                dd { (l.number(sum.0 as f64 / 1000.0, 0)) " " span.unit { "kW" } }
            }
            dd.note { (powers.len()) " " (l.pick("av", "of")) " " (context.competing()) " "
                (l.pick("hus mäts just nu", "buildings are live")) }
        }
    }
}

/// One explanation for each number of the leaderboard.
pub(super) fn meaning(board: &Leaderboard, l: Language) -> Markup {
    let certain = board.rows.iter().any(|row| row.interval_percent.is_some());
    let saving = if certain {
        l.pick("Hur mycket mindre el än husets egen normala användning, uträknad från året före tävlingen för samma veckodagar och timmar. De mindre talen är ett intervall: så säkert är värdet.",
            "How much less electricity than the building's own normal use, calculated from the year before the contest for the same weekdays and hours. The smaller figures are an interval: that is how certain the value is.")
    } else {
        l.pick("Hur mycket mindre el än husets egen normala användning, uträknad från året före tävlingen för samma veckodagar och timmar. Hela procent: finare går inte att säga säkert.",
            "How much less electricity than the building's own normal use, calculated from the year before the contest for the same weekdays and hours. In whole percent: nothing finer is certain.")
    };
    let lines = [
        (l.pick("Besparing", "Saving"), saving),
        (l.pick("Plats", "Rank"), if board.rows.iter().all(|row| row.group.is_none()) { l.pick(
            "Det som rangordnar har inget intervall, så om två rådhus går att skilja åt med säkerhet är inte känt.",
            "What ranks has no interval, so whether two town halls can be distinguished with certainty is not known.")
        } else { l.pick(
            "Rådhus som hör till samma grupp, med ett streck till vänster, går inte att skilja åt med säkerhet.",
            "Town halls of the same group, with a line at their left, cannot be distinguished with certainty.") }),
        (l.pick("Sparat", "Saved"), l.pick(
            "Kilowattimmar som inte behövdes sedan tävlingen började.",
            "Kilowatt-hours that were not needed since the contest began.")),
        (l.pick("Per yta", "Per area"), l.pick(
            "Använd el sedan starten delad med husets uppvärmda golvarea (Atemp). Den jämför husen, besparingen jämför varje hus med sig självt.",
            "Electricity used since the start over the heated floor area (Atemp). It compares buildings; the saving compares each with itself.")),
        (l.pick("Nattlast", "Night load"), l.pick(
            "Vad huset drar mellan 22 och 05, när nästan ingen är där.",
            "The building's load between 22:00 and 05:00, when hardly anyone is there.")),
        (l.pick("Läge", "State"), l.pick(
            "● direkt: mätaren skickar värden just nu. ◐ senast: inga värden på några minuter. ○ tyst: inga värden på flera timmar. ◌ importerat: värdena kommer från filer. Gamla siffror visas aldrig som nya.",
            "● live: the meter sends readings now. ◐ last heard: no readings for some minutes. ○ silent: no readings for hours. ◌ imported: the values are from files. Old figures are never shown as new.")),
    ];
    html! {
        section.meaning aria-labelledby="meaning-title" {
            h3 #meaning-title { (l.pick("Vad siffrorna betyder", "What the figures mean")) }
            dl { @for (term, words) in lines { div { dt { (term) } dd { (words) } } } }
        }
    }
}
