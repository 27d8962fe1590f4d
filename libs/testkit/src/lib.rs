//! A real service under test: its real store (SQLite, or PostgreSQL when
//! `EMPORION_TEST_BACKEND=postgres`), a manual clock, stub peers that are plain routers, tokens
//! for whoever should ask, and assertions on what a client sees.
//!
//! ```ignore
//! let shop = TestService::of(cart::definition()).peer("product", stub).start().await;
//! let cart: api::cart::Cart = shop.post("/api/cart/items").json(&item).await.expect(201).json();
//! ```

#![warn(missing_docs)]

mod answer;
mod identity;
mod request;
mod test_service;
mod walk;

pub use answer::Answer;
pub use identity::{Identity, TestAuth};
pub use request::TestRequest;
pub use test_service::{TestService, TestServiceBuilder};
pub use walk::walk;
