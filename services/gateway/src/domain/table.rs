//! The route table: longest prefix wins; what is not in it does not exist outside.

/// What kind of request it is, which decides its rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Everything not named below.
    Ordinary,
    /// Sign-in.
    Login,
    /// Registration.
    Register,
    /// Password reset.
    Reset,
    /// Token refresh: its own bucket, so that many tabs do not sign a customer out.
    Refresh,
    /// Calls of providers.
    Callback,
}

/// Public prefixes and the services behind them.
const TABLE: [(&str, &str); 24] = [
    ("/.well-known/jwks.json", "user"),
    ("/.well-known/openid-configuration", "user"),
    ("/api/admin/notifications", "notification"),
    ("/api/admin/permissions", "user"),
    ("/api/admin/roles", "user"),
    ("/api/admin/shipping-methods", "order"),
    ("/api/admin/tax-rates", "order"),
    ("/api/admin/tax-zones", "order"),
    ("/api/admin/templates", "notification"),
    ("/api/admin/users", "user"),
    ("/api/auth", "user"),
    ("/api/cart", "cart"),
    ("/api/categories", "product"),
    ("/api/inventory", "inventory"),
    ("/api/mailbox", "notification"),
    ("/api/media", "product"),
    ("/api/notifications", "notification"),
    ("/api/orders", "order"),
    ("/api/payments", "payment"),
    ("/api/products", "product"),
    ("/api/refunds", "payment"),
    ("/api/shipments", "order"),
    ("/api/shipping-methods", "order"),
    ("/api/users", "user"),
];

/// Prefixes below a service's that belong to another.
const EXCEPTIONS: [(&str, &str, &str); 1] = [("/api/admin/users/", "/notification-settings", "notification")];

/// The service for `path` and the path it is asked with (`/api/v1/…` means `/api/…`).
pub(crate) fn route_of(path: &str) -> Option<(&'static str, String)> {
    let path = match path.strip_prefix("/api/v1/") {
        Some(rest) => format!("/api/{rest}"),
        None => path.to_owned(),
    };
    for (start, end, service) in EXCEPTIONS {
        if path.starts_with(start) && path.ends_with(end) {
            return Some((service, path));
        }
    }
    let covers = |prefix: &str| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with('.'))
    };
    let best = TABLE.iter().filter(|row| covers(row.0)).max_by_key(|row| row.0.len())?;
    Some((best.1, path))
}

impl Class {
    /// The kind of a request by method and path.
    pub(crate) fn of(is_post: bool, path: &str) -> Self {
        if !is_post {
            return Self::Ordinary;
        }
        match path {
            "/api/auth/login" => Self::Login,
            "/api/auth/register" | "/api/auth/first-admin" => Self::Register,
            "/api/auth/password-reset/request" => Self::Reset,
            "/api/auth/refresh" => Self::Refresh,
            _ if path.starts_with("/api/payments/webhooks/") => Self::Callback,
            _ => Self::Ordinary,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_wins_and_the_rest_does_not_exist() {
        let service = |path: &str| route_of(path).map(|found| found.0);
        assert_eq!(service("/api/products/1/images/2"), Some("product"));
        assert_eq!(service("/api/productsX"), None);
        assert_eq!(service("/api/admin/users/1/roles"), Some("user"));
        assert_eq!(service("/api/admin/users/1/notification-settings"), Some("notification"));
        assert_eq!(service("/internal/products/availability"), None);
        assert_eq!(service("/notifications/email"), None);
        assert_eq!(service("/metrics"), None);
        assert_eq!(service("/health/ready"), None);
        assert_eq!(service("/openapi.json"), None);
    }

    #[test]
    fn version_one_is_the_same_api() {
        assert_eq!(route_of("/api/v1/products"), Some(("product", "/api/products".into())));
        assert_eq!(route_of("/api/v2/products"), None);
    }
}
