//! A page of numbers to pixels on any DrawTarget.
