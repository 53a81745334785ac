//! Version 1. Never edit what is here; add a `v2.rs` beside it.
use wire::{
    ConnectionState, Contact, Direction, Language, MAX_PAGE, MAX_READING, MAX_STATUS, Page, Phases,
    Reading, Status, Text, Time, Topic,
};

fn time(text: &str) -> Time {
    text.parse().expect("a time")
}

macro_rules! golden {
    ($message:expr, $kind:ty, $room:expr, $json:expr) => {{
        let (message, json): ($kind, &str) = ($message, $json);
        let mut buffer = [0; $room];
        let length = message.encode(&mut buffer).expect("fits");
        assert_eq!(core::str::from_utf8(&buffer[..length]), Ok(json), "written by a device");
        assert_eq!(serde_json::to_string(&message).expect("JSON"), json, "written by the server");
        assert_eq!(<$kind>::decode(json.as_bytes()), Ok(message.clone()), "read by a device");
        assert_eq!(
            serde_json::from_str::<$kind>(json).expect("JSON"),
            message,
            "read by the server"
        );
        let newer = json.replacen('{', r#"{"later":{"than":["v1"]},"#, 1);
        assert_eq!(<$kind>::decode(newer.as_bytes()), Ok(message.clone()), "with an unknown field");
        assert_eq!(serde_json::from_str::<$kind>(&newer).expect("JSON"), message);
    }};
}

fn reading() -> Reading {
    Reading {
        meter: "735999100000000001".parse().expect("an id"),
        t: time("2027-04-11T09:59:50Z"),
        import_wh: 6_678_394,
        export_wh: None,
        power_w: None,
        phases: None,
        seq: 4711,
        boot: 3,
    }
}

#[test]
fn reading_with_all_there_is() {
    let phases = Phases {
        power_w: [Some(1023), Some(-350), None],
        voltage_mv: [Some(240_300), Some(240_100), None],
        current_ma: [Some(4200), Some(1600), None],
    };
    golden!(
        Reading { export_wh: Some(0), power_w: Some(-1727), phases: Some(phases), ..reading() },
        Reading,
        MAX_READING,
        concat!(
            r#"{"meter":"735999100000000001","t":"2027-04-11T09:59:50Z","import_wh":6678394,"#,
            r#""export_wh":0,"power_w":-1727,"phases":{"power_w":[1023,-350,null],"#,
            r#""voltage_mv":[240300,240100,null],"current_ma":[4200,1600,null]},"#,
            r#""seq":4711,"boot":3}"#
        )
    );
}

#[test]
fn reading_with_the_least() {
    golden!(
        reading(),
        Reading,
        MAX_READING,
        concat!(
            r#"{"meter":"735999100000000001","t":"2027-04-11T09:59:50Z","import_wh":6678394,"#,
            r#""seq":4711,"boot":3}"#
        )
    );
}

#[test]
fn a_reading_with_null_says_the_same_as_without() {
    let json = r#"{"meter":"735999100000000001","t":"2027-04-11T11:59:50.25+02:00",
        "import_wh":6678394,"export_wh":null,"power_w":null,"phases":null,"seq":4711,"boot":3}"#;
    assert_eq!(Reading::decode(json.as_bytes()), Ok(reading()));
    assert_eq!(serde_json::from_str::<Reading>(json).expect("JSON"), reading());
}

#[test]
fn phases_may_be_partial() {
    let json = r#"{"meter":"m","t":"2027-04-11T09:59:50Z","import_wh":1,
        "phases":{"power_w":[1,2,3]},"seq":1,"boot":1}"#;
    let phases = Phases { power_w: [Some(1), Some(2), Some(3)], ..Phases::default() };
    assert_eq!(Reading::decode(json.as_bytes()).map(|read| read.phases), Ok(Some(phases)));
}

#[test]
fn status() {
    golden!(
        Status {
            state: ConnectionState::Online,
            firmware: Some(Text::truncated("0.1.0")),
            t: Some(time("2027-04-11T10:00:00Z")),
            boot: Some(3),
            uptime_s: Some(86_400),
            queued: Some(2),
            dropped: Some(0),
            telegrams: Some(8640),
            errors: Some(1),
            refused: None,
            reset: Some(Text::truncated("watchdog")),
            config: Some(Text::truncated("colour: there is no such setting")),
            update: Some(Text::truncated("kept")),
        },
        Status,
        MAX_STATUS,
        concat!(
            r#"{"state":"online","firmware":"0.1.0","t":"2027-04-11T10:00:00Z","boot":3,"#,
            r#""uptime_s":86400,"queued":2,"dropped":0,"telegrams":8640,"errors":1,"#,
            r#""reset":"watchdog","config":"colour: there is no such setting","#,
            r#""update":"kept"}"#
        )
    );
    golden!(
        Status::state_only(ConnectionState::Offline),
        Status,
        MAX_STATUS,
        r#"{"state":"offline"}"#
    );
}

fn page() -> Page {
    Page {
        t: time("2027-04-11T10:00:00Z"),
        name: Text::truncated("Söderhamn"),
        contact: Contact::Silent,
        since: None,
        utc_offset_min: 120,
        power_w: None,
        step_w: None,
        step_at: None,
        today_wh: None,
        today_baseline_wh: None,
        saving_permille: None,
        direction: None,
        rank: None,
        of: 24,
        wh_per_m2: None,
        night_w: None,
        hours_w: [None; 24],
        ticker: Text::truncated(""),
        night: false,
        language: Language::Swedish,
    }
}

#[test]
fn page_with_all_there_is() {
    let mut hours_w = [Some(18_000); 24];
    hours_w[3] = None;
    golden!(
        Page {
            contact: Contact::Live,
            since: Some(time("2027-04-11T09:59:50Z")),
            power_w: Some(18_250),
            step_w: Some(-2400),
            step_at: Some(time("2027-04-11T09:59:40Z")),
            today_wh: Some(212_000),
            today_baseline_wh: Some(250_000),
            saving_permille: Some(224),
            direction: Some(Direction::Up),
            rank: Some(1),
            wh_per_m2: Some(2870),
            night_w: Some(7400),
            hours_w,
            ticker: Text::truncated(r#"Släck "allt" \o/"#),
            night: true,
            language: Language::English,
            ..page()
        },
        Page,
        MAX_PAGE,
        concat!(
            r#"{"t":"2027-04-11T10:00:00Z","name":"Söderhamn","contact":"live","#,
            r#""since":"2027-04-11T09:59:50Z","utc_offset_min":120,"power_w":18250,"#,
            r#""step_w":-2400,"step_at":"2027-04-11T09:59:40Z","today_wh":212000,"#,
            r#""today_baseline_wh":250000,"saving_permille":224,"direction":"up","rank":1,"#,
            r#""of":24,"wh_per_m2":2870,"night_w":7400,"#,
            r#""hours_w":[18000,18000,18000,null,18000,18000,18000,18000,18000,18000,18000,"#,
            r#"18000,18000,18000,18000,18000,18000,18000,18000,18000,18000,18000,18000,18000],"#,
            r#""ticker":"Släck \"allt\" \\o/","night":true,"language":"en"}"#
        )
    );
}

#[test]
fn page_of_a_silent_house() {
    golden!(
        page(),
        Page,
        MAX_PAGE,
        concat!(
            r#"{"t":"2027-04-11T10:00:00Z","name":"Söderhamn","contact":"silent","#,
            r#""utc_offset_min":120,"of":24,"#,
            r#""hours_w":[null,null,null,null,null,null,null,null,null,null,null,null,"#,
            r#"null,null,null,null,null,null,null,null,null,null,null,null],"#,
            r#""ticker":"","night":false,"language":"sv"}"#
        )
    );
}

#[test]
fn the_words_of_all_variants() {
    let word = |value: serde_json::Value| value.as_str().map(str::to_owned);
    let words = [Contact::Live, Contact::Stale, Contact::Silent]
        .map(|contact| word(serde_json::to_value(contact).expect("JSON")));
    assert_eq!(words, ["live", "stale", "silent"].map(|word| Some(word.to_owned())));
    let words = [Direction::Up, Direction::Level, Direction::Down]
        .map(|direction| word(serde_json::to_value(direction).expect("JSON")));
    assert_eq!(words, ["up", "level", "down"].map(|word| Some(word.to_owned())));
}

#[test]
fn topics() {
    let gateway: wire::GatewayId = "soderhamn-1".parse().expect("an id");
    for (topic, text) in [
        (Topic::Reading(gateway.clone()), "wattkampen/v1/soderhamn-1/reading"),
        (Topic::Status(gateway.clone()), "wattkampen/v1/soderhamn-1/status"),
        (Topic::Page(gateway.clone()), "wattkampen/v1/soderhamn-1/page"),
        (Topic::Config(gateway), "wattkampen/v1/soderhamn-1/config"),
    ] {
        assert_eq!(topic.to_buf().as_str(), text);
        assert_eq!(Topic::parse(text), Ok(topic));
    }
    assert_eq!(Topic::ALL_READINGS, "wattkampen/v1/+/reading");
    assert_eq!(Topic::ALL_STATUS, "wattkampen/v1/+/status");
}
