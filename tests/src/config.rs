//! Configurations for tests: as many town halls as wanted, on free ports.
use std::{
    fmt::Write,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// Where a service gets its readings.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// Its own broker.
    Embedded,
    /// Another one.
    External(SocketAddr),
    /// Another one, whose authority is in `authority.pem` beside the configuration.
    Encrypted(SocketAddr),
}

/// A participant with one meter and one gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TownHall {
    /// Participant.
    pub id: String,
    /// Its meter.
    pub meter: String,
    /// Its gateway.
    pub gateway: String,
    /// Floor area, m².
    pub area: u32,
}

impl TownHall {
    /// So many, no two alike.
    pub fn several(count: usize) -> Vec<Self> {
        let one = |n: usize| Self {
            id: format!("hall-{n}"),
            meter: format!("7359991{n:011}"),
            gateway: format!("gateway-{n}"),
            area: 3000 + 250 * n as u32,
        };
        (1..=count).map(one).collect()
    }
}

/// Writes `wattkampen.toml` into the folder, where the data will be as well.
///
/// # Panics
/// When it cannot be written.
pub fn write_config(
    folder: &Path,
    (baseline, contest): (&str, &str),
    halls: &[TownHall],
    place: Place,
) -> PathBuf {
    let broker = match place {
        Place::Embedded => "embedded".to_owned(),
        Place::External(address) => format!("mqtt://{address}"),
        Place::Encrypted(address) => format!("mqtts://{address}\"\nbroker_ca = \"authority.pem"),
    };
    let data = folder.join("data");
    let mut text = format!(
        r#"[competition]
name     = "Test"
timezone = "Europe/Stockholm"
holidays = "SE"
baseline = {baseline}
contest  = {contest}
rule     = "saving"

[server]
http   = "127.0.0.1:0"
mqtt   = "127.0.0.1:0"
data   = "{data}"
broker = "{broker}"
"#,
        data = data.display()
    );
    for TownHall { id, meter, gateway, area } in halls {
        write!(
            text,
            r#"
[[participant]]
id           = "{id}"
municipality = "Town of {id}"
cluster      = "Test"
building     = "Town hall"
floor_area   = [{{ from = "2020-01-01", m2 = {area} }}]
employees    = [{{ from = "2020-01-01", count = 100 }}]
meters       = [{{ id = "{meter}", gateway = "{gateway}" }}]
"#
        )
        .expect("a string takes everything");
    }
    let path = folder.join("wattkampen.toml");
    fs::write(&path, text).expect("the configuration is written");
    path
}
