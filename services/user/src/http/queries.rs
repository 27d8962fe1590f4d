//! What may stand in the query of a request.

use crate::ops::users::{Include, ListUsers};
use crate::store::account::Filter;
use api::user::{HistoryKind, UserStatus};
use base::page::PageQuery;
use base::{Error, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

/// What staff ask of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserQuery {
    /// Part of the mail address or a name.
    q: Option<String>,
    /// The mail address.
    email: Option<String>,
    /// The state.
    status: Option<UserStatus>,
    /// Name of a role.
    role: Option<String>,
    /// Made at this time or later.
    created_from: Option<Timestamp>,
    /// Made before this time.
    created_to: Option<Timestamp>,
    /// `createdAt`, `-createdAt` or `email`.
    sort: Option<String>,
    /// Rows, 1–100.
    limit: Option<u32>,
    /// `nextCursor` or `prevCursor` of an earlier answer.
    cursor: Option<String>,
    /// Whether to count them all.
    count: Option<bool>,
}

impl From<UserQuery> for ListUsers {
    fn from(query: UserQuery) -> Self {
        Self {
            filter: Filter {
                text: query.q.filter(|text| !text.trim().is_empty()),
                email: query.email,
                status: query.status,
                role: query.role,
                created_from: query.created_from,
                created_to: query.created_to,
            },
            sort: query.sort,
            page: PageQuery { limit: query.limit, cursor: query.cursor, count: query.count },
        }
    }
}

/// Which parts are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct IncludeQuery {
    /// List of `profile`, `addresses`, `roles` (always there) and `stats`.
    include: Option<String>,
}

impl IncludeQuery {
    /// The parts by name.
    ///
    /// # Errors
    /// 422 `validation` for an unknown part.
    pub(super) fn read(&self) -> base::Result<Include> {
        let mut include = Include::default();
        for part in self.include.as_deref().unwrap_or_default().split(',').filter(|part| !part.is_empty()) {
            match part {
                "profile" => include.profile = true,
                "addresses" => include.addresses = true,
                "roles" => {}
                "stats" => include.stats = true,
                _ => {
                    return Err(Error::field(
                        "/include",
                        "unknown-part",
                        "profile, addresses, roles or stats",
                    ));
                }
            }
        }
        Ok(include)
    }
}

/// What is asked of the history.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryQuery {
    /// Only this kind of thing.
    #[serde(rename = "type")]
    pub(super) kind: Option<HistoryKind>,
    /// Rows, 1–100.
    limit: Option<u32>,
    /// `nextCursor` or `prevCursor` of an earlier answer.
    cursor: Option<String>,
    /// Whether to count them all.
    count: Option<bool>,
}

impl HistoryQuery {
    /// Which part of the list.
    pub(super) fn page(self) -> PageQuery {
        PageQuery { limit: self.limit, cursor: self.cursor, count: self.count }
    }
}
