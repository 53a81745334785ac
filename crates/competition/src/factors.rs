//! What a saved kilowatt-hour is worth: the organiser's figures, each printed with
//! where it comes from, because the total of a report stands or falls with them.

/// Price of electricity, SEK/kWh.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SekPerKwh(pub f64);

/// Emissions of a kilowatt-hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KgCo2PerKwh(pub f64);

/// Money and emissions of a kilowatt-hour, and the sources to print beside them.
#[derive(Debug, Clone, PartialEq)]
pub struct Factors {
    /// What it costs.
    pub price: SekPerKwh,
    /// Where the price comes from.
    pub price_source: String,
    /// What it emits, in CO2 equivalents.
    pub emission: KgCo2PerKwh,
    /// Where the emission comes from.
    pub emission_source: String,
}

impl Default for Factors {
    /// 1.50 SEK/kWh, an assumption; 0.090 kg CO2e/kWh, the Nordic mix of electricity
    /// with imports and exports (IVL Swedish Environmental Research Institute for the
    /// Swedish Environmental Protection Agency, SMED report 4, 2021).
    fn default() -> Self {
        Self {
            price: SekPerKwh(1.50),
            price_source: "antagande: energi, nät och skatt / assumption: energy, grid and tax"
                .to_owned(),
            emission: KgCo2PerKwh(0.090),
            emission_source: "Nordisk elmix med import och export, IVL, SMED 4/2021 / Nordic mix \
                              with imports and exports, IVL, SMED 4/2021"
                .to_owned(),
        }
    }
}
