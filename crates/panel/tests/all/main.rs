//! What a panel shows, seen from outside: pictures, letters and digits as ASCII,
//! and which view is up when.
mod ascii;
mod golden;
mod pages;
mod views;
