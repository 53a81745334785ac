//! Integers as the variable-length bytes of [`crate::DayRecord`]: LEB128, signed ones
//! in zigzag form.
use integer_encoding::VarInt;

#[derive(Debug, Default)]
pub(crate) struct Encoder(pub(crate) Vec<u8>);

impl Encoder {
    fn put(&mut self, value: impl VarInt) {
        let start = self.0.len();
        self.0.resize(start + value.required_space(), 0);
        value.encode_var(&mut self.0[start..]);
    }

    pub(crate) fn unsigned(&mut self, value: u64) {
        self.put(value);
    }

    pub(crate) fn signed(&mut self, value: i64) {
        self.put(value);
    }

    pub(crate) fn flag(&mut self, value: bool) {
        self.0.push(u8::from(value));
    }

    pub(crate) fn optional(&mut self, value: Option<i64>) {
        self.flag(value.is_some());
        if let Some(value) = value {
            self.signed(value);
        }
    }
}

/// Reads what [`Encoder`] wrote; `None` where bytes are missing or invalid.
#[derive(Debug)]
pub(crate) struct Decoder<'a>(pub(crate) &'a [u8]);

impl Decoder<'_> {
    fn take<T: VarInt>(&mut self) -> Option<T> {
        let (value, length) = T::decode_var(self.0)?;
        self.0 = &self.0[length..];
        Some(value)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(crate) fn flag(&mut self) -> Option<bool> {
        Some(self.byte()? != 0)
    }

    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        self.take()
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        self.take()
    }

    pub(crate) fn optional(&mut self) -> Option<Option<i64>> {
        match self.flag()? {
            false => Some(None),
            true => Some(Some(self.signed()?)),
        }
    }

    /// A number of elements; `None` above `max`, so that damaged bytes cannot cause a
    /// large allocation.
    pub(crate) fn count(&mut self, max: u64) -> Option<usize> {
        self.unsigned().filter(|count| *count <= max).map(|count| count as usize)
    }
}
