//! Refusals of the argument parser, printed as all errors are: one line what is wrong and
//! one how to fix it.
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::output;

/// Prints help or version where they were asked for, otherwise the error.
pub(super) fn report(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // A reader that closed the pipe has seen enough.
            let _ = error.print();
        }
        _ => output::stderr_line(format_args!("wattkampen: {}\n  {}", what(error), hint(error))),
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// The first paragraph of the parser's text, on one line.
fn what(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let words = paragraph.strip_prefix("error: ").unwrap_or(paragraph).split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}

fn hint(error: &clap::Error) -> String {
    let suggestions =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let name = suggestions.iter().find_map(|kind| match error.get(*kind)? {
        ContextValue::String(name) => Some(name.as_str()),
        // The parser puts the name that is most alike last.
        ContextValue::Strings(names) => names.last().map(String::as_str),
        _ => None,
    });
    match (name, error.get(ContextKind::Usage)) {
        (Some(name), _) => format!("did you mean '{name}'? --help lists what is possible"),
        (None, Some(ContextValue::StyledStr(usage))) => {
            let usage = usage.to_string();
            let usage = usage.trim().trim_start_matches("Usage:").trim().replace('\n', " ");
            format!("usage: {usage}; --help describes each argument")
        }
        (None, _) => "--help describes each argument".to_owned(),
    }
}
