//! What a panel shows, tested through the public interface: golden pictures, letters and
//! digits as ASCII, and the view of each moment.
mod ascii;
mod golden;
mod pages;
mod views;
