//! `[[participant]]`: the town halls that compete, with their floor areas and meters.
use std::collections::{HashMap, HashSet};

use competition::{
    Activity, ActivityKind, Competition, Dated, Epoch, Exclusion, Measures, Meter, Participant,
    Percent, Sign, SquareMetres, Time, WattHours, Watts,
};
use jiff::{Timestamp, civil::Date};
use wire::{GatewayId, MeterId};

use super::{
    days,
    reader::{Located, Section},
};

#[derive(Default)]
/// All participants, and the gateway of each meter that has one.
pub(super) struct Participants {
    pub(super) participants: Vec<Participant>,
    pub(super) gateways: HashMap<String, GatewayId>,
}

pub(super) fn read(root: &Section<'_, '_>, competition: Option<&Competition>) -> Participants {
    let mut all = Participants::default();
    let sections = root.sections("participant", "participant");
    if sections.is_empty() {
        root.source.report(
            root.offset,
            "there is no participant",
            "add a [[participant]] for each town hall",
        );
    }
    let (mut ids, mut meters) = (HashSet::new(), HashSet::new());
    for mut section in sections {
        let id = section.required_text("id", "soderhamn");
        if let Some(id) = id {
            section.name = format!("participant {}", id.value);
            if id.value.parse::<GatewayId>().is_err() || id.value.contains([':', '.']) {
                section.source.report(
                    id.offset,
                    format!("participant id {:?} cannot be part of a URL", id.value),
                    "use 1 to 40 of the characters A-Z a-z 0-9 - _",
                );
            }
            if !ids.insert(id.value.to_owned()) {
                section.source.report(
                    id.offset,
                    format!("two participants have the id {:?}", id.value),
                    "give each participant an id of its own",
                );
            }
        }
        if let Some(participant) =
            participant(&section, id, competition, &mut meters, &mut all.gateways)
        {
            all.participants.push(participant);
        }
    }
    all
}

fn participant(
    section: &Section<'_, '_>,
    id: Option<Located<&str>>,
    competition: Option<&Competition>,
    seen: &mut HashSet<String>,
    gateways: &mut HashMap<String, GatewayId>,
) -> Option<Participant> {
    let municipality = section.required_text("municipality", "Söderhamn");
    let cluster = section.text("cluster").map_or("", |text| text.value);
    let building = section.text("building").map_or("", |text| text.value);
    let listed = section
        .value("floor_area")
        .map_or(0, |value| value.get_ref().as_array().map_or(1, |entries| entries.len()));
    let floor_area = dated(section, "floor_area", "m2", 20.0, 1_000_000.0, "m² Atemp");
    let employees = dated(section, "employees", "count", 1.0, 100_000.0, "people");
    let target = section.number("target_percent", 0.0, 100.0, "percent");
    let reference = section.flag("reference");
    if let Some(competition) = competition.filter(|_| !reference) {
        let contest = competition.contest;
        // An entry with a mistake is reported as that alone.
        let all_read = listed == floor_area.len();
        if all_read && !floor_area.iter().any(|(from, _)| *from <= contest.start) {
            section.source.report(
                section.offset,
                format!("{} has no floor area at the contest's start", section.name),
                format!(
                    "add: floor_area = [{{ from = \"{}\", m2 = 6200 }}]",
                    competition.baseline.start
                ),
            );
        }
    }
    let special_days = days::read(section);
    let changes = changes(section);
    let mut meters: Vec<Meter> = section
        .sections("meters", "meter")
        .iter()
        .filter_map(|table| meter(table, &changes, seen, gateways))
        .collect();
    if meters.is_empty() {
        section.source.report(
            section.offset,
            format!("{} has no meter", section.name),
            "add: meters = [{ id = \"735999100000000001\", gateway = \"soderhamn-1\" }]",
        );
    }
    for meter in &meters {
        let Some(of) = &meter.export_of else { continue };
        let is_use = |it: &Meter| it.id == *of && it.measures == Measures::Use;
        if meter.measures != Measures::Export || !meters.iter().any(is_use) {
            section.source.report(
                section.offset,
                format!("meter {} is the export of {of:?}, which is no meter of use", meter.id),
                "name a meter of the same participant whose readings have export_wh",
            );
        }
    }
    meters.iter_mut().for_each(|meter| meter.epochs.sort_by_key(|epoch| epoch.at));
    let exclusions = section
        .sections("exclude", "exclusion")
        .iter()
        .filter_map(|table| {
            let (from, until) = (time(table, "from"), time(table, "until"));
            let reason = table.required_text("reason", "heat pump installed");
            Some(Exclusion { from: from?, until: until?, reason: reason?.value.to_owned() })
        })
        .collect();
    let activities = section.sections("activity", "activity").iter().filter_map(activity).collect();
    // All keys are read before the first `?`: an unread key counts as unknown.
    Some(Participant {
        id: id?.value.to_owned(),
        municipality: municipality?.value.to_owned(),
        cluster: cluster.to_owned(),
        building: building.to_owned(),
        floor_area: Dated(floor_area.into_iter().map(|(d, v)| (d, SquareMetres(v))).collect()),
        employees: Dated(employees.into_iter().map(|(d, v)| (d, v as u32)).collect()),
        reference,
        target: target.map(|target| Percent(target.value)),
        meters,
        exclusions,
        acceptances: Vec::new(),
        special_days,
        activities,
    })
}

/// Values that hold from a date on, by date.
fn dated(
    section: &Section<'_, '_>,
    key: &'static str,
    value: &'static str,
    low: f64,
    high: f64,
    unit: &str,
) -> Vec<(Date, f64)> {
    let mut list: Vec<(Date, f64)> = Vec::new();
    for table in section.sections(key, key) {
        let (from, number) = (table.date("from"), table.number(value, low, high, unit));
        if number.is_none() && table.value(value).is_none() {
            table.source.report(
                table.offset,
                format!("{} has no {value}", table.name),
                format!("add: {value} = a number ({unit})"),
            );
        }
        if let (Some(from), Some(number)) = (from, number) {
            if list.iter().any(|(date, _)| *date == from.value) {
                table.source.report(
                    from.offset,
                    format!("{} has two values from {}", table.name, from.value),
                    "remove one of the two",
                );
            }
            list.push((from.value, number.value));
        }
    }
    list.sort_by_key(|(from, _)| *from);
    list
}

fn time(section: &Section<'_, '_>, key: &'static str) -> Option<Time> {
    let time = section.parsed::<Timestamp>(key, "a time such as \"2027-04-11T09:59:50Z\"");
    if time.is_none() && section.value(key).is_none() {
        section.source.report(
            section.offset,
            format!("{} has no {key}", section.name),
            format!("add: {key} = \"2027-04-11T09:59:50Z\""),
        );
    }
    time.map(|time| Time(time.value.as_second()))
}

/// `[[participant.meter_change]]`: meters that were replaced or reset.
fn changes(section: &Section<'_, '_>) -> Vec<(String, Epoch)> {
    section
        .sections("meter_change", "meter change")
        .iter()
        .filter_map(|table| {
            let meter = table.required_text("meter", "735999100000000001");
            let at = time(table, "at");
            let (last, first) = (register(table, "last_wh"), register(table, "first_wh"));
            Some((meter?.value.to_owned(), Epoch { at: at?, last: last?, first: first? }))
        })
        .collect()
}

/// `[[participant.activity]]`: what the town hall did to save.
fn activity(table: &Section<'_, '_>) -> Option<Activity> {
    let kind = table.required_text("kind", "night-walk");
    let (day, place, by, note) =
        (table.date("day"), table.text("place"), table.text("by"), table.text("note"));
    let kind = kind.and_then(|text| table.parse_name::<ActivityKind>(text, "kind of activity"));
    let owned = |text: Option<Located<&str>>| text.map_or("", |text| text.value).to_owned();
    Some(Activity {
        kind: kind?,
        day: day?.value,
        place: owned(place),
        by: owned(by),
        note: owned(note),
    })
}

fn register(section: &Section<'_, '_>, key: &'static str) -> Option<WattHours> {
    let wh = section.integer(key, 0, 1 << 52, "Wh as the meter shows it");
    if wh.is_none() && section.value(key).is_none() {
        section.source.report(
            section.offset,
            format!("{} has no {key}", section.name),
            format!("add: {key} = the value of the register, Wh"),
        );
    }
    wh.map(|wh| WattHours(wh.value))
}

fn meter(
    section: &Section<'_, '_>,
    changes: &[(String, Epoch)],
    seen: &mut HashSet<String>,
    gateways: &mut HashMap<String, GatewayId>,
) -> Option<Meter> {
    let text = section.required_text("id", "735999100000000001");
    let gateway = section.parsed::<GatewayId>("gateway", "a gateway's name");
    let multiplier = section.integer("multiplier", 1, 100_000, "ratio of the current transformers");
    let sign = section.integer("sign", -1, 1, "1 adds, -1 subtracts");
    let capacity =
        section.number("capacity_kw", 1.0, 100_000.0, "kW, capacity of the grid connection");
    let rollover =
        section.integer("rollover_wh", 1000, 1 << 52, "Wh at which the register returns to 0");
    let measures = section.text("measures");
    let measures = measures.and_then(|text| section.parse_name::<Measures>(text, "measurement"));
    let export_of = section.text("export_of");
    let (from, until) = (section.optional_date("from"), section.optional_date("until"));
    if let Some((from, until)) = from.as_ref().zip(until.as_ref())
        && until.value <= from.value
    {
        section.source.report(
            until.offset,
            format!("a meter is used until {}, which is not after {}", until.value, from.value),
            "from is its first day, until the day after its last",
        );
    }
    let text = text?;
    if let Err(error) = text.value.parse::<MeterId>() {
        section.source.report(
            text.offset,
            format!("meter {:?}: {error}", text.value),
            "give its metering point number",
        );
    }
    if !seen.insert(text.value.to_owned()) {
        section.source.report(
            text.offset,
            format!("two meters have the id {:?}", text.value),
            "a meter belongs to one participant and is listed once",
        );
    }
    if let Some(sign) = sign.filter(|sign| sign.value == 0) {
        section.source.report(
            sign.offset,
            "sign is 0",
            "write 1 to add the meter or -1 to subtract it",
        );
    }
    if let Some(gateway) = gateway {
        gateways.insert(text.value.to_owned(), gateway.value);
    }
    let mut meter = Meter::new(text.value);
    meter.multiplier = multiplier.map_or(1, |ratio| ratio.value as u32);
    if sign.is_some_and(|sign| sign.value < 0) {
        meter.sign = Sign::Minus;
    }
    if let Some(capacity) = capacity {
        meter.capacity = Watts((capacity.value * 1000.0) as i64);
    }
    meter.rollover = rollover.map(|wh| WattHours(wh.value));
    meter.export_of = export_of.map(|text| text.value.to_owned());
    let default = if export_of.is_some() { Measures::Export } else { Measures::Use };
    meter.measures = measures.unwrap_or(default);
    (meter.from, meter.until) = (from.map(|it| it.value), until.map(|it| it.value));
    meter.epochs =
        changes.iter().filter(|(of, _)| of == text.value).map(|(_, epoch)| *epoch).collect();
    Some(meter)
}
