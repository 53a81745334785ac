//! Names of enumerations in configuration, addresses and JSON: declared once here
//! in the crate that owns the type.

/// A name that none of the valid ones is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not known; valid names: {}", valid.join(", "))]
pub struct UnknownName {
    /// The name as it was given.
    pub name: String,
    /// All valid names.
    pub valid: Vec<&'static str>,
}

/// Gives an enumeration `ALL`, `as_str`, `Display` and `FromStr` from one list of
/// its variants. A variant missing from the list does not compile.
macro_rules! names {
    ($type:ident { $($variant:ident = $name:literal,)+ }) => {
        impl $type {
            /// All of them, in the order in which they are offered.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// The name in configuration, addresses and JSON.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl core::str::FromStr for $type {
            type Err = $crate::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| {
                    $crate::UnknownName {
                        name: name.to_owned(),
                        valid: Self::ALL.map(Self::as_str).to_vec(),
                    }
                })
            }
        }
    };
}
pub(crate) use names;

#[cfg(test)]
mod tests {
    use crate::{ActivityKind, Baseline, Country, Rule};

    #[test]
    fn every_name_parses_back() {
        for rule in Rule::ALL {
            assert_eq!(rule.to_string().parse(), Ok(rule));
        }
        for baseline in Baseline::ALL {
            assert_eq!(baseline.to_string().parse(), Ok(baseline));
        }
        for kind in ActivityKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        for country in Country::ALL {
            assert_eq!(country.to_string().parse(), Ok(country));
        }
    }

    #[test]
    fn an_unknown_name_lists_the_valid_ones() {
        let error = "Saving".parse::<Rule>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"Saving\" is not known; valid names: \
             saving, intensity, night, saving-per-employee, most-improved"
        );
    }
}
