//! A CONNECT with a Topic Alias Maximum of 0, on which `mqtt-protocol-core` 0.7.9 panics.
//!
//! The value is legal and equals an absent property (MQTT 5, 3.1.2.11.5): the client accepts
//! no topic alias. The library creates an allocator of the numbers 1 to 0, which asserts. The
//! broker sends no topic aliases at all, so the value 1 has the same effect.
use mqtt_protocol_core::mqtt::packet::Property;

/// First byte of a CONNECT.
const CONNECT: u8 = 0x10;
/// Fixed part of the variable header: protocol name, level, flags, keep alive.
const HEADER: usize = 10;
/// Position of the protocol level in it.
const LEVEL: usize = 6;

/// A packet at the start of the input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FirstPacket {
    /// More bytes are needed before the library may see it.
    Incomplete,
    /// The library may have it.
    Ready,
}

/// Replaces a Topic Alias Maximum of 0 in a CONNECT at the start of `input` by 1. Packets
/// above `max_packet` bytes and all that are not a well-formed CONNECT stay for the library,
/// which rejects them.
pub(super) fn sanitize(input: &mut [u8], max_packet: u32) -> FirstPacket {
    if input.first().is_some_and(|first| *first != CONNECT) {
        return FirstPacket::Ready;
    }
    let Some(rest) = input.get(1..) else { return FirstPacket::Incomplete };
    let (remaining, size) = match variable_integer(rest) {
        Integer::Value(value, size) => (value, size),
        Integer::Incomplete => return FirstPacket::Incomplete,
        Integer::Malformed => return FirstPacket::Ready,
    };
    let start = 1 + size;
    if start + remaining > max_packet as usize {
        return FirstPacket::Ready;
    }
    let Some(packet) = input.get_mut(start..start + remaining) else {
        return FirstPacket::Incomplete;
    };
    if packet.get(LEVEL) == Some(&5)
        && let Some((length, size)) =
            packet.get(HEADER..).and_then(|it| variable_integer(it).value())
        && let Some(properties) = packet.get_mut(HEADER + size..HEADER + size + length)
    {
        replace_zero(properties);
    }
    FirstPacket::Ready
}

fn replace_zero(mut properties: &mut [u8]) {
    while let Ok((property, size)) = Property::parse(properties) {
        if size == 0 || size > properties.len() {
            return;
        }
        let (this, rest) = properties.split_at_mut(size);
        if let (Property::TopicAliasMaximum(maximum), [.., last]) = (property, this)
            && maximum.val() == 0
        {
            *last = 1;
        }
        properties = rest;
    }
}

/// A Variable Byte Integer (MQTT 5, 1.5.5) at the start of bytes.
enum Integer {
    /// The value and the number of its bytes.
    Value(usize, usize),
    Incomplete,
    Malformed,
}

impl Integer {
    fn value(self) -> Option<(usize, usize)> {
        match self {
            Self::Value(value, size) => Some((value, size)),
            Self::Incomplete | Self::Malformed => None,
        }
    }
}

fn variable_integer(bytes: &[u8]) -> Integer {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Integer::Value(value, index + 1);
        }
    }
    if bytes.len() < 4 { Integer::Incomplete } else { Integer::Malformed }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A CONNECT of MQTT 5 with these properties, without client identifier.
    fn connect(properties: &[u8]) -> Vec<u8> {
        let mut packet = vec![CONNECT, (HEADER + 1 + properties.len() + 2) as u8];
        packet.extend(b"\0\x04MQTT\x05\x02\0\x3c");
        packet.push(properties.len() as u8);
        packet.extend(properties);
        packet.extend([0, 0]);
        packet
    }

    fn sanitized(mut input: Vec<u8>) -> Vec<u8> {
        assert_eq!(sanitize(&mut input, 1 << 20), FirstPacket::Ready);
        input
    }

    #[test]
    fn zero_becomes_one_wherever_the_property_stands() {
        assert_eq!(sanitized(connect(&[0x22, 0, 0])), connect(&[0x22, 0, 1]));
        let before = [0x21, 0, 9, 0x26, 0, 1, 0x22, 0, 1, 0, 0x22, 0, 0, 0x19, 1];
        let after = [0x21, 0, 9, 0x26, 0, 1, 0x22, 0, 1, 0, 0x22, 0, 1, 0x19, 1];
        assert_eq!(sanitized(connect(&before)), connect(&after));
    }

    #[test]
    fn all_else_stays_as_it_is() {
        for packet in [
            connect(&[]),
            connect(&[0x22, 0, 7]),
            connect(&[0x22, 0]),
            connect(&[0xff, 0x22, 0, 0]),
            vec![0xc0, 0],
            vec![CONNECT, 0],
            vec![CONNECT, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(sanitized(packet.clone()), packet);
        }
    }

    #[test]
    fn bytes_that_arrive_one_by_one_are_collected() {
        let whole = connect(&[0x22, 0, 0]);
        for end in 0..whole.len() {
            let mut part = whole[..end].to_vec();
            assert_eq!(sanitize(&mut part, 1 << 20), FirstPacket::Incomplete, "{end} bytes");
            assert_eq!(part, whole[..end]);
        }
        // A packet that is too large is the library's to refuse, before it is complete.
        assert_eq!(sanitize(&mut [CONNECT, 0xff, 0xff, 0x7f], 1 << 20), FirstPacket::Ready);
    }
}
