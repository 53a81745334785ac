//! A P1 telegram of a Swedish meter: the 27 values of the industry recommendation
//! "Branschrekommendation för lokalt kundgränssnitt" and a CRC-16/ARC.
//!
//! It is written digit by digit: a simulation sends some hundred thousand telegrams, and
//! `format!` would be most of their cost.
use crc::{CRC_16_ARC, Crc, Table};
use jiff::{Timestamp, tz::Offset};

const CRC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_ARC);

/// What the meter shows, in secondary values.
#[derive(Debug, Clone, Copy, Default)]
pub struct MeterValues {
    /// Time, Unix seconds.
    pub at: i64,
    /// What the meter's clock is ahead of UTC, s.
    pub offset_s: i32,
    /// Whether the clock marks the time with `S` (summer) instead of `W`.
    pub summer: bool,
    /// Register of active energy import, Wh.
    pub import_wh: u64,
    /// Active power import, W.
    pub watts: u64,
}

/// Appends a telegram to `out`. Values other than import and power are made up:
/// reactive power is 28 % of active power, the phases share the power 36:33:31.
pub fn write(out: &mut Vec<u8>, values: &MeterValues) {
    let begin = out.len();
    out.extend_from_slice(b"/WKN5SIM-E360\r\n\r\n0-0:1.0.0(");
    clock(out, values);
    out.extend_from_slice(b")\r\n");
    let watts = values.watts;
    let reactive = watts * 28 / 100;
    let wh = values.import_wh;
    for (code, register) in
        [("1.8.0", wh), ("2.8.0", 0), ("3.8.0", wh * 28 / 100), ("4.8.0", wh / 1000)]
    {
        let unit: &[u8] = if code < "3" { b"*kWh)\r\n" } else { b"*kvarh)\r\n" };
        thousandths(out, code, register, 8, unit);
    }
    for (code, power) in [("1.7.0", watts), ("2.7.0", 0), ("3.7.0", reactive), ("4.7.0", 0)] {
        let unit: &[u8] = if code < "3" { b"*kW)\r\n" } else { b"*kvar)\r\n" };
        thousandths(out, code, power, 4, unit);
    }
    // The third phase takes the rest, so that the phases add up to the total.
    let phases = [watts * 36 / 100, watts * 33 / 100, watts - watts * 36 / 100 - watts * 33 / 100];
    for (phase, power) in phases.iter().enumerate() {
        thousandths(out, ["21.7.0", "41.7.0", "61.7.0"][phase], *power, 4, b"*kW)\r\n");
        thousandths(out, ["22.7.0", "42.7.0", "62.7.0"][phase], 0, 4, b"*kW)\r\n");
    }
    for (phase, power) in phases.iter().enumerate() {
        let code = ["23.7.0", "43.7.0", "63.7.0"][phase];
        thousandths(out, code, power * 28 / 100, 4, b"*kvar)\r\n");
        thousandths(out, ["24.7.0", "44.7.0", "64.7.0"][phase], 0, 4, b"*kvar)\r\n");
    }
    let volts = [2312, 2298, 2305].map(|tenths| tenths + (values.at / 60 % 7) as u64);
    for (phase, tenths) in volts.iter().enumerate() {
        tenth(out, ["32.7.0", "52.7.0", "72.7.0"][phase], *tenths, b"*V)\r\n");
    }
    for (phase, power) in phases.iter().enumerate() {
        // Apparent power is √(1 + 0.28²), about 1.04, times the active power.
        let tenths = power * 104 / 10 / (volts[phase] / 10);
        tenth(out, ["31.7.0", "51.7.0", "71.7.0"][phase], tenths, b"*A)\r\n");
    }
    out.push(b'!');
    let sum = CRC.checksum(&out[begin..]);
    for shift in [12, 8, 4, 0] {
        out.push(b"0123456789ABCDEF"[usize::from(sum >> shift & 15)]);
    }
    out.extend_from_slice(b"\r\n");
}

fn clock(out: &mut Vec<u8>, values: &MeterValues) {
    let offset = Offset::from_seconds(values.offset_s).unwrap_or(Offset::UTC);
    let local = offset.to_datetime(Timestamp::from_second(values.at).unwrap_or_default());
    let parts = [
        local.year().rem_euclid(100) as u64,
        local.month() as u64,
        local.day() as u64,
        local.hour() as u64,
        local.minute() as u64,
        local.second() as u64,
    ];
    for part in parts {
        digits(out, part, 2);
    }
    out.push(if values.summer { b'S' } else { b'W' });
}

fn digits(out: &mut Vec<u8>, value: u64, width: usize) {
    let begin = out.len();
    out.resize(begin + width, b'0');
    let mut rest = value;
    for place in out[begin..].iter_mut().rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

fn begin(out: &mut Vec<u8>, code: &str) {
    out.extend_from_slice(b"1-0:");
    out.extend_from_slice(code.as_bytes());
    out.push(b'(');
}

fn thousandths(out: &mut Vec<u8>, code: &str, value: u64, width: usize, unit: &[u8]) {
    begin(out, code);
    digits(out, value / 1000, width);
    out.push(b'.');
    digits(out, value % 1000, 3);
    out.extend_from_slice(unit);
}

fn tenth(out: &mut Vec<u8>, code: &str, value: u64, unit: &[u8]) {
    begin(out, code);
    digits(out, value / 10, 3);
    out.push(b'.');
    digits(out, value % 10, 1);
    out.extend_from_slice(unit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_form_of_a_meter_telegram() {
        let mut out = Vec::new();
        let values = MeterValues {
            at: 1_613_583_619,
            offset_s: 3600,
            summer: false,
            import_wh: 6_678_394,
            watts: 1727,
        };
        write(&mut out, &values);
        let text = String::from_utf8(out).expect("ASCII");
        assert!(text.contains("0-0:1.0.0(210217184019W)\r\n"), "{text}");
        assert!(text.contains("1-0:1.8.0(00006678.394*kWh)\r\n"), "{text}");
        assert!(text.contains("1-0:1.7.0(0001.727*kW)\r\n"), "{text}");
        assert_eq!(text.lines().filter(|line| line.contains('(')).count(), 27);
    }
}
