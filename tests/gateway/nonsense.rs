//! Bytes that are no telegram, or a telegram without a reading, each with the reason for
//! its refusal.
use super::cable::{body, closed};

/// Name of a reason at `/metrics`, and bytes for the port. `n` varies them.
pub(crate) fn nonsense(n: usize) -> Vec<(&'static str, Vec<u8>)> {
    let register = |value: &[u8]| {
        let good = body(1_700_000_000 + n as i64, 6_000_000);
        let (head, rest) = good.split_once("1.8.0(").expect("it has one");
        let (_, tail) = rest.split_once(')').expect("it ends");
        closed(&[head.as_bytes(), b"1.8.0(", value, b")", tail.as_bytes()].concat())
    };
    let good = register(b"00006678.394*kWh");
    let end = good.len() - 6;
    let mut bent = good.clone();
    // A digit of the register, one bit over.
    bent[good.len() - 60 + n % 4] ^= 1;
    let mut other = good[..end].to_vec();
    other.extend(format!("{:04X}\r\n", n & 0xffff).bytes());
    let without = String::from_utf8(good.clone()).expect("text").replace("1-0:1.8.0", "1-0:1.9.9");
    let (without, _) = without.rsplit_once('!').expect("it ends");
    let long = [&good[..60], "0".repeat(5000 + n).as_bytes()].concat();
    vec![
        ("checksum", bent),
        ("checksum", other),
        ("trailer", [&good[..end], b"ZZZZ\r\n"].concat()),
        ("cut", good[..40 + n % 80].to_vec()),
        ("cut", long),
        ("checksum_missing", [&good[..end], b"\r\n"].concat()),
        ("no_register", closed(format!("{without}!").as_bytes())),
        ("no_register", register(b"NaN*kWh")),
        ("no_register", register(b"-0000001.000*kWh")),
        ("no_register", register(b"99999999999999999999.999*kWh")),
        ("no_register", register(b"00006678.394*kVArh")),
        ("no_register", register(b"\xff\xfe*kWh")),
    ]
}
