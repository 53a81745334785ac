//! The town halls of the demonstration, and the true saving of each.
//!
//! The savings are chosen so that the leaderboard ends as in the report on spring 2011:
//! most between 5 and 10 %, Söderhamn above 22 %, Piteå almost 19 %, intensities from
//! about 2 to 14 kWh/m². Areas, latitudes and all other values are made up, and so is the
//! choice of municipalities: which 24 took part in 2011 is not known.
use crate::noise;

/// A town hall and the parameters of its simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct TownHall {
    /// Identifier in topics and URLs.
    pub id: String,
    /// Municipality.
    pub municipality: String,
    /// Regional group.
    pub cluster: String,
    /// Atemp, m².
    pub area_m2: f64,
    /// Number of employees.
    pub employees: u32,
    /// Latitude, degrees north.
    pub latitude: f64,
    /// Energy of the contest period without any saving, kWh/m².
    pub intensity: f64,
    /// Base load as a share of the daytime load.
    pub night_share: f64,
    /// True saving during the contest period, as a share.
    pub saving: f64,
    /// Ratio of the current transformers: primary values are this many times what the
    /// meter shows.
    pub multiplier: u32,
    /// Seed of this town hall's noise.
    pub seed: u64,
}

impl TownHall {
    /// Metering point number: 18 digits as in Sweden, made up.
    pub fn meter(&self) -> String {
        format!("7359990{:011}", self.seed % 100_000_000_000)
    }

    /// Outdoor temperature at `at` (Unix seconds) in the weather of `seed`, °C.
    pub fn outdoor_c(&self, seed: u64, at: i64) -> f64 {
        crate::weather::outdoor_c(seed, self.seed % 1000, self.latitude, at)
    }

    /// Identifier of the gateway.
    pub fn gateway(&self) -> String {
        format!("{}-1", self.id)
    }
}

/// Fields of a [`TownHall`] that a preset fixes, in the same units.
#[derive(Clone, Copy)]
struct Site {
    cluster: &'static str,
    latitude: f64,
    area_m2: f64,
    intensity: f64,
    saving: f64,
}

const fn preset(
    municipality: &'static str,
    cluster: &'static str,
    latitude: f64,
    area_m2: f64,
    intensity: f64,
    saving: f64,
) -> (&'static str, Site) {
    (municipality, Site { cluster, latitude, area_m2, intensity, saving })
}

const DALARNA: &str = "Dalarna-Gävleborg";
const MALARDALEN: &str = "Mälardalen";
const STORSTAD: &str = "Storstad";
const SYDOST: &str = "Sydost";
const VARMLAND: &str = "Värmland-Bergslagen";
const VASTRA: &str = "Västra Götaland";
const NORRLAND: &str = "Övre Norrland";

const PRESETS: [(&str, Site); 24] = [
    preset("Avesta", DALARNA, 60.1, 7_400.0, 9.6, 0.082),
    preset("Borlänge", DALARNA, 60.5, 11_800.0, 11.4, 0.061),
    preset("Hudiksvall", DALARNA, 61.7, 8_300.0, 8.1, 0.094),
    preset("Mora", DALARNA, 61.0, 5_100.0, 7.3, 0.072),
    preset("Söderhamn", DALARNA, 61.3, 6_200.0, 8.8, 0.226),
    preset("Timrå", DALARNA, 62.5, 4_900.0, 10.2, 0.055),
    preset("Älvdalen", DALARNA, 61.2, 2_600.0, 5.4, 0.088),
    preset("Haninge", MALARDALEN, 59.2, 13_500.0, 12.6, 0.067),
    preset("Nyköping", MALARDALEN, 58.8, 9_700.0, 9.1, 0.079),
    preset("Sala", MALARDALEN, 59.9, 4_300.0, 6.6, 0.035),
    preset("Strängnäs", MALARDALEN, 59.4, 6_800.0, 7.9, 0.091),
    preset("Karlstad", STORSTAD, 59.4, 15_200.0, 13.1, 0.058),
    preset("Uppsala", STORSTAD, 59.9, 19_400.0, 14.3, 0.064),
    preset("Västerås", STORSTAD, 59.6, 21_000.0, 12.2, 0.075),
    preset("Alvesta", SYDOST, 56.9, 3_900.0, 6.1, 0.069),
    preset("Karlskrona", SYDOST, 56.2, 10_600.0, 10.8, 0.083),
    preset("Tranås", SYDOST, 58.0, 4_700.0, 4.7, 0.097),
    preset("Hagfors", VARMLAND, 60.0, 3_600.0, 7.0, 0.053),
    preset("Lindesberg", VARMLAND, 59.6, 5_600.0, 8.5, 0.076),
    preset("Sunne", VARMLAND, 59.8, 3_300.0, 2.4, 0.086),
    preset("Alingsås", VASTRA, 57.9, 6_000.0, 9.9, 0.024),
    preset("Lerum", VASTRA, 57.8, 5_300.0, 5.9, 0.071),
    preset("Piteå", NORRLAND, 65.3, 8_900.0, 11.0, 0.188),
    preset("Örnsköldsvik", NORRLAND, 63.3, 12_300.0, 9.3, 0.065),
];

/// An identifier from a name: lower case, without diacritics.
fn slug(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .filter_map(|c| match c {
            'å' | 'ä' => Some('a'),
            'ö' => Some('o'),
            'é' => Some('e'),
            ' ' => Some('-'),
            c if c.is_ascii_alphanumeric() || c == '-' => Some(c),
            _ => None,
        })
        .collect()
}

/// The first `count` town halls: the 24 presets, then generated ones.
pub fn town_halls(seed: u64, count: usize) -> Vec<TownHall> {
    (0..count).map(|index| town_hall(seed, index)).collect()
}

fn town_hall(seed: u64, index: usize) -> TownHall {
    let position = index as i64;
    let draw = |stream: u64, low: f64, high: f64| {
        low + (high - low) * noise::unit(seed, 500 + stream, position)
    };
    let (municipality, site) = match PRESETS.get(index) {
        Some(&(name, site)) => (name.to_owned(), site),
        None => {
            let site = Site {
                cluster: PRESETS[index % PRESETS.len()].1.cluster,
                latitude: draw(1, 55.5, 66.0),
                area_m2: (draw(2, 25.0, 200.0)).round() * 100.0,
                intensity: draw(3, 2.5, 14.0),
                saving: (draw(4, -0.01, 0.11) * 1000.0).round() / 1000.0,
            };
            (format!("Kommun {}", index + 1), site)
        }
    };
    let Site { cluster, latitude, area_m2, intensity, saving } = site;
    TownHall {
        id: slug(&municipality),
        municipality,
        cluster: cluster.to_owned(),
        area_m2,
        employees: (area_m2 / draw(5, 24.0, 34.0)).round() as u32,
        latitude,
        intensity,
        night_share: draw(6, 0.28, 0.46),
        saving,
        // Large buildings are measured behind current transformers.
        multiplier: if area_m2 > 12_000.0 { 60 } else { 1 },
        seed: noise::hash(seed, 42, position),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn identifiers_and_meters_are_unique() {
        let halls = town_halls(1, 290);
        assert_eq!(halls.iter().map(|h| &h.id).collect::<HashSet<_>>().len(), 290);
        assert_eq!(halls.iter().map(TownHall::meter).collect::<HashSet<_>>().len(), 290);
        assert!(halls.iter().all(|h| h.meter().len() == 18));
    }

    #[test]
    fn savings_rank_as_in_2011() {
        let mut halls = town_halls(1, 24);
        halls.sort_by(|a, b| b.saving.total_cmp(&a.saving));
        assert_eq!((halls[0].id.as_str(), halls[1].id.as_str()), ("soderhamn", "pitea"));
        assert!(halls[0].saving > 0.22 && halls[1].saving < 0.19);
        let most = halls[2..].iter().filter(|h| (0.05..=0.10).contains(&h.saving)).count();
        assert!(most >= 18, "{most}");
    }
}
