//! Price and emissions of a kilowatt-hour. The organiser sets them; the report prints each
//! with its source.

/// Price of electricity, SEK/kWh.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SekPerKwh(pub f64);

/// Emissions of a kilowatt-hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KgCo2PerKwh(pub f64);

/// Price and emissions of a kilowatt-hour with their sources.
#[derive(Debug, Clone, PartialEq)]
pub struct Factors {
    /// Price.
    pub price: SekPerKwh,
    /// Source of the price.
    pub price_source: String,
    /// Emissions in CO2 equivalents.
    pub emission: KgCo2PerKwh,
    /// Source of the emissions.
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
