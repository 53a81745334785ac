//! Order by name as a Swedish reader expects it: å, ä and ö after z, upper and lower case
//! alike, other accents ignored (SIS, "Svensk alfabetisk ordning", ISO/IEC 14651 with the
//! Swedish tailoring).
use core::cmp::Ordering;

/// Compares two names by the Swedish alphabet; names that differ in case or accents only
/// are in the order of their characters.
pub fn by_name(one: &str, other: &str) -> Ordering {
    let key = |name: &str| composed(&name.to_lowercase()).chars().flat_map(weight).collect();
    let (a, b): (Vec<u32>, Vec<u32>) = (key(one), key(other));
    a.cmp(&b).then_with(|| one.cmp(other))
}

/// Some systems write the Swedish letters as two characters.
fn composed(name: &str) -> String {
    name.replace("a\u{30a}", "å").replace("a\u{308}", "ä").replace("o\u{308}", "ö")
}

/// Position of a lower-case character among letters; spaces and punctuation before digits,
/// digits before letters.
fn weight(letter: char) -> Vec<u32> {
    let plain = |letters: &str| letters.chars().map(|it| 200 + u32::from(it)).collect();
    match letter {
        'å' => vec![200 + u32::from('z') + 1],
        'ä' | 'æ' => vec![200 + u32::from('z') + 2],
        'ö' | 'ø' | 'œ' | 'ő' => vec![200 + u32::from('z') + 3],
        'á' | 'à' | 'â' | 'ã' => plain("a"),
        'ç' | 'č' => plain("c"),
        'ð' => plain("d"),
        'é' | 'è' | 'ê' | 'ë' => plain("e"),
        'í' | 'ì' | 'î' | 'ï' => plain("i"),
        'ñ' => plain("n"),
        'ó' | 'ò' | 'ô' | 'õ' => plain("o"),
        'š' => plain("s"),
        'ß' => plain("ss"),
        'þ' => plain("th"),
        'ú' | 'ù' | 'û' => plain("u"),
        'ü' | 'ý' | 'ű' => plain("y"),
        'ž' => plain("z"),
        // Other accents that are characters of their own.
        '\u{300}'..='\u{36f}' => Vec::new(),
        'a'..='z' => vec![200 + u32::from(letter)],
        '0'..='9' => vec![100 + u32::from(letter)],
        other if other.is_alphabetic() => vec![1000 + u32::from(other)],
        other if other.is_ascii() => vec![u32::from(other) % 100],
        other => vec![2_000_000 + u32::from(other)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(mut names: Vec<&str>) -> Vec<&str> {
        names.sort_by(|a, b| by_name(a, b));
        names
    }

    #[test]
    fn swedish_letters_are_the_last_of_the_alphabet() {
        let order = ["Aneby", "Zinkgruvan", "Åmål", "Åre", "Älmhult", "Ängelholm", "Örebro"];
        let mut reversed = order.to_vec();
        reversed.reverse();
        assert_eq!(sorted(reversed), order);
    }

    #[test]
    fn case_and_accents_do_not_matter_and_names_stay_distinct() {
        let order =
            ["Alingsås", "alingsås 2", "Härryda", "Höör", "Linné", "Linnés gård", "Munkedal"];
        let mut reversed = order.to_vec();
        reversed.reverse();
        assert_eq!(sorted(reversed), order);
        assert_eq!(by_name("Åre", "Åre"), Ordering::Equal);
        assert_eq!(by_name("A\u{30a}re", "Älmhult"), Ordering::Less);
        assert_ne!(by_name("åre", "Åre"), Ordering::Equal);
        assert_eq!(
            sorted(vec!["Östra Göinge", "Öster", "Upplands Väsby", "Upplands-Bro"])[3],
            "Östra Göinge"
        );
    }
}
