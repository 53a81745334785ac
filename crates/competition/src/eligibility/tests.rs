//! Reasons as sentences.
use jiff::civil::date;

use super::*;

#[test]
fn sentences_for_administrators() {
    let ineligibility =
        Ineligibility::Coverage { share: 0.899, needed: 0.9, from: Some(date(2027, 4, 14)) };
    let text = ineligibility.text();
    insta::assert_snapshot!(text.english, @"ranked from 14 April if nothing more is missing: 89 % of the contest's hours are known, 90 % are needed");
    insta::assert_snapshot!(text.swedish, @"rangordnas från den 14 april om inget mer saknas: 89 % av tävlingens timmar är kända, 90 % behövs");
    let first = Some(date(2026, 8, 14));
    let ineligibility = Ineligibility::BaselineDays { days: 199, needed: 329, first };
    insta::assert_snapshot!(ineligibility.clone().text().english, @"not ranked: before 14 August the hours of the baseline year are missing; 199 days have nine tenths of theirs, 329 are needed; import the missing history");
    let public = ineligibility.clone().public_text();
    insta::assert_snapshot!(public.english, @"not ranked: before 14 August the hours of the baseline year are missing; 199 days have nine tenths of theirs, 329 are needed");
    let early = Ineligibility::TooEarly { from: date(2027, 4, 14) };
    assert_eq!(early.clone().public_text(), early.text());
    let ineligibility = Ineligibility::Fit { cv_rmse: 0.301, most: 0.3, because: None };
    insta::assert_snapshot!(ineligibility.text().english, @"the baseline describes the building too badly: CV(RMSE) is 31 %, at most 30 % is allowed");
    let ineligibility = Ineligibility::Quarantine { share: 0.5, since: date(2027, 3, 1) };
    insta::assert_snapshot!(ineligibility.text().swedish, @"bara 50 % av tävlingens timmar är kända: en mätarställning är ifrågasatt sedan den 1 mars; anmäl mätarbytet eller nollställningen");
}
