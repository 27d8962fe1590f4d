//! The address book (contracts §4.3).

use crate::ids::AddressId;
use crate::shared::Address;
use base::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum AddressType {
    /// Deliveries.
    Shipping,
    /// Invoices.
    Billing,
    /// Where the customer lives.
    Home,
    /// Where the customer works.
    Work,
}

/// Which default an address becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum AddressPurpose {
    /// Deliveries.
    Shipping,
    /// Invoices.
    Billing,
}

/// A stored address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserAddress {
    /// Its id.
    pub id: AddressId,
    /// What it is for.
    pub address_type: AddressType,
    /// Whether checkouts propose it for delivery.
    pub is_default_shipping: bool,
    /// Whether checkouts propose it for the invoice.
    pub is_default_billing: bool,
    /// The address itself, its fields at the same level.
    #[serde(flatten)]
    pub address: Address,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// An address to store, its fields at the top level.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveAddress {
    /// What it is for.
    pub address_type: AddressType,
    /// Makes it the default for delivery; `false` never takes a default away.
    #[serde(default)]
    pub is_default_shipping: bool,
    /// Makes it the default for the invoice; `false` never takes a default away.
    #[serde(default)]
    pub is_default_billing: bool,
    /// Who receives it, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient_name: Option<String>,
    /// Company, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    /// Street and number, 1–200 characters.
    pub address_line1: String,
    /// Flat, floor, c/o; ≤ 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_line2: Option<String>,
    /// Town, 1–100 characters.
    pub city: String,
    /// State or province, where the country has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_or_province: Option<String>,
    /// Postal code, ≤ 20 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// What the carrier should know, ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_notes: Option<String>,
}

impl SaveAddress {
    /// The address without what it is for.
    pub fn address(&self) -> Address {
        let this = self.clone();
        Address {
            recipient_name: this.recipient_name,
            company_name: this.company_name,
            address_line1: this.address_line1,
            address_line2: this.address_line2,
            city: this.city,
            state_or_province: this.state_or_province,
            postal_code: this.postal_code,
            country: this.country,
            phone_number: this.phone_number,
            delivery_notes: this.delivery_notes,
        }
    }
}

/// Makes an address a default.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetDefaultAddress {
    /// Which default.
    pub purpose: AddressPurpose,
}
