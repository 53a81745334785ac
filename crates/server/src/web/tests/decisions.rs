//! The organiser's decisions on pages: how they read, and the forms that make them.
use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};

use super::{Answer, ask, enter, fixture, get, get_as_organiser};
use crate::{
    audit::{AuditEntry, declarations_in_force},
    engine::Decisions,
    web::Web,
};

fn entry(seq: i64, declared: &str) -> AuditEntry {
    let body = format!(r#"{{"event":"declaration","declared":{declared}}}"#);
    AuditEntry { seq, at: fixture::NOW, body, hash: [7; 32] }
}

/// A factor, two accepted doubts, of which one is withdrawn, and an event elsewhere.
fn web() -> Arc<Web> {
    let history: Vec<AuditEntry> = [
        r#"{"kind":"factor","by":"energy coordinator","reason":"kWh read as Wh, ring 070-123 45 67","meter":"735999100000000004","from":"2027-02-28T23:00:00Z","factor":1392.576932}"#,
        r#"{"kind":"accept-doubt","by":"jury","reason":"the caretaker was there","participant":"soderhamn","doubt":"repeated-days","from":"2027-03-07T23:00:00Z","until":"2027-03-14T23:00:00Z"}"#,
        r#"{"kind":"accept-doubt","by":"jury","reason":"a power cut","participant":"soderhamn","doubt":"repeated-days","from":"2027-03-20T10:00","until":"2027-03-20T16:00"}"#,
        r#"{"kind":"event","by":"jury","reason":"election night","participant":"avesta","from":"2027-03-15","until":"2027-03-16"}"#,
        r#"{"kind":"withdraw","by":"head of the jury","reason":"it was another day","entry":3}"#,
    ]
    .iter()
    .zip(1..)
    .map(|(declared, seq)| entry(seq, declared))
    .collect();
    let decisions = Decisions {
        declarations: declarations_in_force(&history, &fixture::competition().timezone),
        locked_at: None,
        head: history.last().cloned(),
        history,
    };
    fixture::web_with_decisions(24, decisions)
}

async fn post(web: &Arc<Web>, form: &str) -> Answer {
    let peer = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000)));
    let cookie = enter(web).await;
    let (_, session) = cookie.split_once('=').expect("a name and a value");
    let form = format!("{form}&csrf={}", crate::access::form_token(session));
    let request = Request::post("/organiser")
        .extension(peer)
        .header(header::HOST, "localhost")
        .header(header::COOKIE, &cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT_LANGUAGE, if form.contains("lang=en") { "en" } else { "sv" })
        .body(Body::from(form));
    ask(web, request.expect("a request")).await
}

#[tokio::test]
async fn decisions_have_names_and_local_dates() {
    let page = get_as_organiser(&web(), "/organiser?lang=sv").await;
    for part in [
        ">Söderhamn</td><td data-label=\"Gäller\">från 1 mars 2027: × 1\u{a0}392,6</td>",
        ">Dagar upprepas, 8–14 mars 2027</td>",
        ">11 april 2027 12:00</td>",
        "2: Söderhamn: godtagna värden, dagar upprepas, 8–14 mars 2027",
    ] {
        assert!(page.text().contains(part), "{part:?} is missing: {}", page.text());
    }
    let table = page.text().split("id=\"declared\"").nth(1).expect("the section");
    let table = table.split("</table>").next().expect("its end");
    assert!(
        !table.contains("00Z") && !table.contains("735999") && !table.contains("repeated-days")
    );
}

/// Every visitor reads which decisions changed a town hall's result, and why.
#[tokio::test]
async fn a_town_halls_page_has_its_decisions_also_withdrawn_ones() {
    let web = web();
    let page = get(&web, "/participants/soderhamn?lang=sv").await;
    for part in [
        "Arrangörens beslut",
        "Rättad faktor, från 1 mars 2027: × 1\u{a0}392,6",
        "kWh read as Wh, ring […]",
        "Beslutat 11 april 2027 12:00 av energy coordinator",
        "Godtagna värden, dagar upprepas, 20 mars 2027 10:00–16:00",
        "Återtaget</strong> 11 april 2027 12:00 av head of the jury: it was another day",
    ] {
        assert!(page.text().contains(part), "{part:?} is missing: {}", page.text());
    }
    assert!(!page.text().contains("070-123") && !page.text().contains("election night"));
    let english = get(&web, "/participants/avesta?lang=en").await;
    for part in ["The organiser's decisions", "Non-routine event, 15 March 2027", "election night"]
    {
        assert!(english.text().contains(part), "{part:?} is missing");
    }
    let without = get(&web, "/participants/mora?lang=sv").await;
    assert!(!without.text().contains("Arrangörens beslut"));
}

/// The page is shown again with what was typed, and with what is wrong beside its field.
#[tokio::test]
async fn a_refused_form_keeps_its_input_and_names_the_field_in_the_visitors_language() {
    let web = web();
    let form = "kind=factor&form=factor&meter=735999100000000002&from=2027-03-01T00%3A00&until=\
                &factor=m%C3%A5nga&reason=fel+enhet&by=energisamordnare";
    let page = post(&web, form).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    let details = page.text().split("<details id=\"factor\" open>").nth(1).expect("it is open");
    let details = details.split("</details>").next().expect("its end");
    for part in [
        "<option value=\"735999100000000002\" selected>",
        "name=\"from\" required value=\"2027-03-01T00:00\"",
        "value=\"många\"",
        "aria-invalid=\"true\" aria-describedby=\"factor-factor-problem\"",
        "id=\"factor-factor-problem\">Det är inget tal. Skriv siffror, till exempel 1250,5.",
        "value=\"fel enhet\"",
        "value=\"energisamordnare\"",
    ] {
        assert!(details.contains(part), "{part:?} is missing: {details}");
    }
    assert!(page.text().contains("Beslutet är inte sparat."));
    assert_eq!(page.text().matches("<details id=\"event\" open").count(), 0);

    let short = form.replace("m%C3%A5nga", "1000").replace("fel+enhet", "x");
    let page = post(&web, &short).await;
    assert!(
        page.text().contains("id=\"factor-reason-problem\">Ange skälet med 3 till 500 tecken.")
    );
    let english = post(&web, &format!("{short}&lang=en")).await;
    assert!(english.text().contains("The decision is not saved."), "{}", english.text());
    assert!(english.text().contains("id=\"factor-reason-problem\">Reason has fewer than 3"));
    let date =
        "kind=event&form=event&participant=mora&from=2027-03-15&until=&reason=valnatt&by=jury";
    let page = post(&web, date).await;
    assert!(page.text().contains("id=\"event-until-problem\">Fyll i fältet."), "{}", page.text());
    assert!(page.text().contains("<option value=\"mora\" selected>"));
}

#[tokio::test]
async fn a_saved_decision_is_confirmed() {
    let web = web();
    let page = get_as_organiser(&web, "/organiser?lang=sv&done=4").await;
    let words = "Beslutet är sparat</strong>, post 4: Avesta: ovanlig händelse, 15 mars 2027.";
    assert!(page.text().contains(words), "{}", page.text());
    let none = get_as_organiser(&web, "/organiser?lang=sv&done=99").await;
    assert!(!none.text().contains("Beslutet är sparat"));
}
