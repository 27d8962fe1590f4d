//! Money in integer minor units of an ISO 4217 currency, never a float.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The largest amount we accept anywhere, in minor units; sums of a million of them still fit.
pub const MAX_MINOR: i64 = 1_000_000_000_000;

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro.
    pub const EUR: Currency = Currency(*b"EUR");
    /// The US dollar.
    pub const USD: Currency = Currency(*b"USD");

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only ASCII letters are stored")
    }

    /// How many decimal digits its minor unit has: EUR 2, JPY 0, KWD 3.
    pub fn exponent(&self) -> u32 {
        let known = iso_currency::Currency::from_code(self.code());
        known.and_then(iso_currency::Currency::exponent).map_or(2, u32::from)
    }

    /// How many minor units one major unit has: EUR 100, JPY 1, KWD 1000.
    pub fn units(&self) -> i64 {
        10_i64.pow(self.exponent())
    }
}

/// The text is not the code of an ISO 4217 currency.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an ISO 4217 currency code")]
pub struct UnknownCurrency(String);

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = iso_currency::Currency::from_code(text);
        let bytes: Option<[u8; 3]> = text.as_bytes().try_into().ok();
        match (known, bytes) {
            (Some(_), Some(bytes)) => Ok(Currency(bytes)),
            _ => Err(UnknownCurrency(text.chars().take(12).collect())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("ISO 4217 code"))
            .pattern(Some("^[A-Z]{3}$"))
            .examples(["EUR"])
            .into()
    }
}

impl utoipa::ToSchema for Currency {}

impl schemars::JsonSchema for Currency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Z]{3}$" })
    }
}

/// An amount of one currency.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units: cents for EUR, yen for JPY.
    #[serde(rename = "amount")]
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// `minor` units of `currency`.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] for two currencies, [`MoneyError::TooLarge`] beyond 64 bits.
    pub fn plus(self, other: Money) -> Result<Money, MoneyError> {
        self.same(other)?;
        self.with(self.minor.checked_add(other.minor))
    }

    /// The difference.
    ///
    /// # Errors
    /// As [`Money::plus`].
    pub fn minus(self, other: Money) -> Result<Money, MoneyError> {
        self.same(other)?;
        self.with(self.minor.checked_sub(other.minor))
    }

    /// `quantity` times the amount.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] beyond 64 bits.
    pub fn times(self, quantity: i64) -> Result<Money, MoneyError> {
        self.with(self.minor.checked_mul(quantity))
    }

    /// The sum of many; `currency` is that of an empty sum.
    ///
    /// # Errors
    /// As [`Money::plus`].
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Money>) -> Result<Money, MoneyError> {
        amounts.into_iter().try_fold(Money::zero(currency), Money::plus)
    }

    /// Reads a decimal such as `12.90`; more digits than the currency has are refused.
    ///
    /// # Errors
    /// [`MoneyError::NotDecimal`].
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let bad = || MoneyError::NotDecimal(text.chars().take(40).collect());
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let exponent = currency.exponent() as usize;
        let fraction = if fraction.len() > exponent { fraction.trim_end_matches('0') } else { fraction };
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > exponent {
            return Err(bad());
        }
        let padded = format!("{whole}{fraction:0<exponent$}");
        let minor: i64 = padded.parse().map_err(|_| bad())?;
        Ok(Money::new(sign * minor, currency))
    }

    /// The amount as a decimal without the currency, e.g. `12.90`.
    pub fn to_decimal(self) -> String {
        let exponent = self.currency.exponent() as usize;
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = exponent + 1);
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        let sign = if self.minor < 0 { "-" } else { "" };
        if exponent == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }

    fn same(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Mixed(self.currency, other.currency))
        }
    }

    fn with(self, minor: Option<i64>) -> Result<Money, MoneyError> {
        minor.map(|minor| Money { minor, ..self }).ok_or(MoneyError::TooLarge)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}

/// Arithmetic on money that cannot be done.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MoneyError {
    /// Two currencies in one sum.
    #[error("amounts in {0} and {1} cannot be added")]
    Mixed(Currency, Currency),
    /// Beyond 64 bits.
    #[error("the amount is too large")]
    TooLarge,
    /// Not a decimal of this currency.
    #[error("{0:?} is not an amount of money")]
    NotDecimal(String),
}

impl From<MoneyError> for crate::Error {
    fn from(error: MoneyError) -> Self {
        let code = match error {
            MoneyError::Mixed(..) => "currency-mismatch",
            MoneyError::TooLarge | MoneyError::NotDecimal(_) => "amount-invalid",
        };
        crate::Error::new(crate::Kind::Invalid, code, error.to_string())
    }
}

/// `numerator / denominator` of `minor`, rounded half away from zero.
///
/// # Panics
/// When `denominator` is not positive.
pub fn fraction_half_up(minor: i64, numerator: i64, denominator: i64) -> i64 {
    assert!(denominator > 0, "a fraction needs a positive denominator");
    let product = i128::from(minor) * i128::from(numerator);
    let denominator = i128::from(denominator);
    let half = denominator / 2;
    let rounded = if denominator % 2 == 0 {
        (product.abs() + half) / denominator
    } else {
        (product.abs() * 2 + denominator) / (denominator * 2)
    };
    (rounded * product.signum()) as i64
}

/// Splits `total` over `weights` so that the parts add up to it exactly: every part gets its
/// rounded-down share, the units left over go to the largest remainders, ties to the first.
/// All weights zero means equal shares. An empty list of weights gives an empty list.
pub fn split(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().map(|weight| i128::from((*weight).max(0))).sum();
    let equal = sum == 0;
    let weight_of = |weight: i64| if equal { 1_i128 } else { i128::from(weight.max(0)) };
    let sum = if equal { weights.len() as i128 } else { sum };
    if sum == 0 {
        return Vec::new();
    }
    let magnitude = i128::from(total).abs();
    let mut parts: Vec<i128> = weights.iter().map(|w| magnitude * weight_of(*w) / sum).collect();
    let mut left = magnitude - parts.iter().sum::<i128>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(magnitude * weight_of(weights[i]) % sum));
    for index in order {
        if left == 0 {
            break;
        }
        parts[index] += 1;
        left -= 1;
    }
    let sign = i128::from(total.signum());
    parts.into_iter().map(|part| (part * sign) as i64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn exponents_are_those_of_iso_4217() {
        assert_eq!(currency("EUR").exponent(), 2);
        assert_eq!(currency("JPY").exponent(), 0);
        assert_eq!(currency("KWD").exponent(), 3);
        assert!("EUX".parse::<Currency>().is_err());
        assert!("eur".parse::<Currency>().is_err());
    }

    #[test]
    fn decimals_are_read_and_written_without_floats() {
        let cases = [
            ("12.9", "EUR", 1290),
            ("0.05", "EUR", 5),
            ("-3", "EUR", -300),
            ("7", "JPY", 7),
            ("1.234", "KWD", 1234),
            ("879.990", "EUR", 87999),
        ];
        for (text, code, minor) in cases {
            assert_eq!(Money::parse_decimal(text, currency(code)).unwrap().minor, minor, "{text}");
        }
        for bad in ["", ".5", "1.234", "1,2", "1e3", "--1", "12.9 ", "99999999999999999999"] {
            assert!(Money::parse_decimal(bad, Currency::EUR).is_err(), "{bad}");
        }
        assert_eq!(Money::new(5, Currency::EUR).to_decimal(), "0.05");
        assert_eq!(Money::new(-1290, Currency::EUR).to_string(), "-12.90 EUR");
        assert_eq!(Money::new(7, currency("JPY")).to_decimal(), "7");
    }

    #[test]
    fn two_currencies_never_add() {
        let sum = Money::new(1, Currency::EUR).plus(Money::new(1, Currency::USD));
        assert_eq!(sum, Err(MoneyError::Mixed(Currency::EUR, Currency::USD)));
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        assert_eq!(fraction_half_up(5, 1, 2), 3);
        assert_eq!(fraction_half_up(-5, 1, 2), -3);
        assert_eq!(fraction_half_up(10, 1, 3), 3);
        assert_eq!(fraction_half_up(100, 19, 119), 16);
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_total(total in -1_000_000_000_i64..1_000_000_000, weights in proptest::collection::vec(0_i64..1_000_000, 1..30)) {
            let parts = split(total, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            prop_assert_eq!(parts.len(), weights.len());
        }

        #[test]
        fn a_part_differs_from_its_exact_share_by_less_than_one_unit(total in 0_i64..1_000_000_000, weights in proptest::collection::vec(1_i64..1_000_000, 1..30)) {
            let sum: i64 = weights.iter().sum();
            for (part, weight) in split(total, &weights).into_iter().zip(&weights) {
                let exact = i128::from(total) * i128::from(*weight);
                prop_assert!((i128::from(part) * i128::from(sum) - exact).abs() < i128::from(sum));
            }
        }

        #[test]
        fn decimal_text_round_trips(minor in -MAX_MINOR..MAX_MINOR) {
            for code in ["EUR", "JPY", "KWD"] {
                let money = Money::new(minor, code.parse().unwrap());
                prop_assert_eq!(Money::parse_decimal(&money.to_decimal(), money.currency).unwrap(), money);
            }
        }
    }
}
