//! OBIS codes and units: the quantity of a line and the unit of its value.
use super::number::{NumberError, scaled};
use crate::meter::Quantity;

/// Meaning of an OBIS code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ObisMeaning {
    /// A measured quantity.
    Quantity(Quantity),
    /// The meter's clock, 0-0:1.0.0.
    Clock,
}

/// The groups A-B:C.D.E*F of a code. Missing groups A, B and F are 1, 0 and 255 (the present
/// value). `None` if it is not a code.
fn groups(code: &[u8]) -> Option<[u8; 6]> {
    let mut groups = [1, 0, 0, 0, 0, 255];
    let (mut at, mut number, mut digits) = (2, 0_u8, 0);
    // `at` is the group in progress; A and B are set when their separator is found.
    for &byte in code {
        match byte {
            b'0'..=b'9' => {
                number = number.checked_mul(10)?.checked_add(byte - b'0')?;
                digits += 1;
            }
            b'-' if at == 2 && digits > 0 => {
                groups[0] = number;
                at = 1;
                (number, digits) = (0, 0);
            }
            b':' if at == 1 && digits > 0 => {
                groups[1] = number;
                at = 2;
                (number, digits) = (0, 0);
            }
            b'.' if (2..4).contains(&at) && digits > 0 => {
                groups[at] = number;
                at += 1;
                (number, digits) = (0, 0);
            }
            b'*' | b'&' if at == 4 && digits > 0 => {
                groups[at] = number;
                at = 5;
                (number, digits) = (0, 0);
            }
            _ => return None,
        }
    }
    if at < 4 || digits == 0 {
        return None;
    }
    groups[at] = number;
    Some(groups)
}

/// The meaning of a code; `None` for one that is not used.
///
/// # Errors
/// Where it is not a code.
pub(super) fn quantity(code: &[u8]) -> Result<Option<ObisMeaning>, NumberError> {
    let [a, b, c, d, e, storage] = groups(code).ok_or(NumberError::Malformed)?;
    if storage != 255 {
        // A value of an earlier billing period.
        return Ok(None);
    }
    if (a, b, c, d, e) == (0, 0, 1, 0, 0) {
        return Ok(Some(ObisMeaning::Clock));
    }
    if (a, b) != (1, 0) {
        return Ok(None);
    }
    let register = match (c, d, e) {
        (1, 8, 0) => Quantity::Import,
        (2, 8, 0) => Quantity::Export,
        (3, 8, 0) => Quantity::ReactiveImport,
        (4, 8, 0) => Quantity::ReactiveExport,
        (1, 8, 1..=4) => Quantity::ImportTariff(e),
        (2, 8, 1..=4) => Quantity::ExportTariff(e),
        (1, 7, 0) => Quantity::ImportPower,
        (2, 7, 0) => Quantity::ExportPower,
        (3, 7, 0) => Quantity::ReactiveImportPower,
        (4, 7, 0) => Quantity::ReactiveExportPower,
        (16, 7, 0) => Quantity::NetPower,
        (21..=79, 7, 0) => {
            let phase = c / 20 - 1;
            match c % 20 {
                1 => Quantity::PhaseImportPower(phase),
                2 => Quantity::PhaseExportPower(phase),
                3 => Quantity::PhaseReactiveImportPower(phase),
                4 => Quantity::PhaseReactiveExportPower(phase),
                11 => Quantity::Current(phase),
                12 => Quantity::Voltage(phase),
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    Ok(Some(ObisMeaning::Quantity(register)))
}

/// Physical dimension of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dimension {
    Energy,
    ReactiveEnergy,
    Power,
    ReactivePower,
    Voltage,
    Current,
}

fn dimension(register: Quantity) -> Dimension {
    match register {
        Quantity::Import
        | Quantity::Export
        | Quantity::ImportTariff(_)
        | Quantity::ExportTariff(_) => Dimension::Energy,
        Quantity::ReactiveImport | Quantity::ReactiveExport => Dimension::ReactiveEnergy,
        Quantity::ImportPower
        | Quantity::ExportPower
        | Quantity::NetPower
        | Quantity::PhaseImportPower(_)
        | Quantity::PhaseExportPower(_) => Dimension::Power,
        Quantity::ReactiveImportPower
        | Quantity::ReactiveExportPower
        | Quantity::PhaseReactiveImportPower(_)
        | Quantity::PhaseReactiveExportPower(_) => Dimension::ReactivePower,
        Quantity::Voltage(_) => Dimension::Voltage,
        Quantity::Current(_) => Dimension::Current,
    }
}

/// Decimal exponent from the unit as written to the unit of the quantity (W, Wh, var, varh,
/// mV, mA). Meters write kVAr, kvar, kVA and so on; case matters in the prefix alone.
fn places(unit: &[u8], dimension: Dimension) -> Option<u8> {
    let is = |rest: &[u8], words: &[&str]| {
        words.iter().any(|word| rest.eq_ignore_ascii_case(word.as_bytes()))
    };
    let fits = |rest: &[u8]| match dimension {
        Dimension::Energy => is(rest, &["Wh"]),
        Dimension::ReactiveEnergy => is(rest, &["varh", "VAh"]),
        Dimension::Power => is(rest, &["W"]),
        Dimension::ReactivePower => is(rest, &["var", "VA"]),
        Dimension::Voltage => is(rest, &["V"]),
        Dimension::Current => is(rest, &["A"]),
    };
    let small = matches!(dimension, Dimension::Voltage | Dimension::Current);
    let base = if small { 3 } else { 0 };
    match unit {
        unit if fits(unit) => Some(base),
        [b'k' | b'K', rest @ ..] if fits(rest) => Some(base + 3),
        [b'M', rest @ ..] if fits(rest) => Some(base + 6),
        [b'm', rest @ ..] if small && fits(rest) => Some(0),
        // A number without unit is accepted for volts and amperes only.
        [] if small => Some(base),
        _ => None,
    }
}

/// Whether a value times the largest multiplier fits its type.
fn plausible(dimension: Dimension, value: i64) -> bool {
    match dimension {
        Dimension::Energy | Dimension::ReactiveEnergy => value >= 0,
        Dimension::Power | Dimension::ReactivePower => value.abs() <= 10_000_000_000,
        Dimension::Voltage | Dimension::Current => i32::try_from(value).is_ok(),
    }
}

/// Parses a value with its unit, `0001.011*kW`, into the unit of its quantity.
pub(super) fn value(register: Quantity, text: &[u8]) -> Result<i64, NumberError> {
    let star = text.iter().position(|&byte| byte == b'*').unwrap_or(text.len());
    let (figures, unit) = text.split_at(star);
    let unit = unit.strip_prefix(b"*").unwrap_or(unit).trim_ascii();
    let dimension = dimension(register);
    let places = places(unit, dimension).ok_or(NumberError::Malformed)?;
    let value = scaled(figures, places)?;
    if plausible(dimension, value) { Ok(value) } else { Err(NumberError::OutOfRange) }
}

#[cfg(test)]
mod tests {
    use super::NumberError::{Malformed, OutOfRange};
    use super::*;

    fn read(code: &str) -> Result<Option<ObisMeaning>, NumberError> {
        quantity(code.as_bytes())
    }

    #[test]
    fn codes() {
        use Quantity::*;
        for (code, register) in [
            ("1-0:1.8.0", Import),
            ("1-0:2.8.0", Export),
            ("1-0:1.8.4", ImportTariff(4)),
            ("1-0:4.8.0", ReactiveExport),
            ("1-0:1.7.0", ImportPower),
            ("1-0:16.7.0", NetPower),
            ("1-0:21.7.0", PhaseImportPower(0)),
            ("1-0:42.7.0", PhaseExportPower(1)),
            ("1-0:63.7.0", PhaseReactiveImportPower(2)),
            ("1-0:64.7.0", PhaseReactiveExportPower(2)),
            ("1-0:31.7.0", Current(0)),
            ("1-0:52.7.0", Voltage(1)),
            ("1-0:72.7.0", Voltage(2)),
            ("1-0:1.8.0*255", Import),
            ("1.8.0", Import),
        ] {
            assert_eq!(read(code), Ok(Some(ObisMeaning::Quantity(register))), "{code}");
        }
        assert_eq!(read("0-0:1.0.0"), Ok(Some(ObisMeaning::Clock)));
        for code in [
            "0-1:24.2.1",
            "1-0:32.32.0",
            "1-0:81.7.0",
            "1-0:1.8.5",
            "1-0:1.8.0*01",
            "0-0:96.1.0",
            "1-1:1.8.0",
        ] {
            assert_eq!(read(code), Ok(None), "{code}");
        }
        for code in [
            "",
            "1-0:4:24.7.0",
            "1-0:1.8",
            "1-0:1.8.",
            "1-0:1.8.0*",
            "1-0:1.8.0*1*1",
            "1-0:1.8.0.0",
            "1-0:1.8.256",
            "x",
            "1-0:1..0",
        ] {
            assert_eq!(read(code), Err(Malformed), "{code}");
        }
    }

    #[test]
    fn units() {
        use Quantity::*;
        for (register, text, expected) in [
            (Import, "00001605.055*kWh", Ok(1_605_055)),
            (Import, "006545766*Wh", Ok(6_545_766)),
            (Import, "1.5*MWh", Ok(1_500_000)),
            (Import, "1*kvarh", Err(Malformed)),
            (Import, "1605.055", Err(Malformed)),
            (Import, "-1*kWh", Err(OutOfRange)),
            (Import, "9999999999999*kWh", Err(OutOfRange)),
            (ImportPower, "0001.011*kW", Ok(1011)),
            (ImportPower, "000000286*W", Ok(286)),
            (ImportPower, "-0.5*kW", Ok(-500)),
            (ImportPower, "99999999*kW", Err(OutOfRange)),
            (ImportPower, "1*KW", Ok(1000)),
            (ReactiveImportPower, "0000.505*kVAr", Ok(505)),
            (ReactiveImportPower, "0000.505*kvar", Ok(505)),
            (ReactiveImportPower, "0000.505*kVA", Ok(505)),
            (ReactiveImport, "0000.505*kVArh", Ok(505)),
            (Voltage(0), "240.3*V", Ok(240_300)),
            (Voltage(0), "240.3", Ok(240_300)),
            (Voltage(0), "10.5*kV", Ok(10_500_000)),
            (Voltage(0), "9999999*V", Err(OutOfRange)),
            (Current(2), "004.2*A", Ok(4200)),
            (Current(2), "4200*mA", Ok(4200)),
            (Current(2), "*A", Err(Malformed)),
        ] {
            assert_eq!(value(register, text.as_bytes()), expected, "{text}");
        }
    }
}
