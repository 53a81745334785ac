//! The closest known name to a misspelt one.

/// How similar two names must be (Jaro similarity, 0 to 1) for one to be suggested.
const SIMILAR: f64 = 0.8;

/// `; did you mean "soderhamn"?`, or nothing where no known name is similar.
pub(crate) fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    known
        .into_iter()
        .map(|name| (strsim::jaro(given, name), name))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map_or_else(String::new, |(_, name)| format!("; did you mean {name:?}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_recognised_and_a_foreign_one_is_not() {
        let known = ["soderhamn", "sala", "pitea"];
        assert_eq!(did_you_mean("sodrhamn", known), "; did you mean \"soderhamn\"?");
        assert_eq!(did_you_mean("Pitea", known), "; did you mean \"pitea\"?");
        assert_eq!(did_you_mean("atlantis", known), "");
        assert_eq!(did_you_mean("", known), "");
    }
}
