//! One-time links lead to pages that this release does not have yet; beside each link stands the
//! call that does what its page will do.

/// The call that creates the first administrator with the link `url`.
pub(crate) fn first_administrator(url: &str) -> Option<String> {
    call(url, "/setup", "/api/auth/first-admin", r#""email":"you@example.org","password":"CHANGE-ME""#)
}

/// The call that sets a password with the link `url`.
pub(crate) fn set_password(url: &str) -> Option<String> {
    call(url, "/account/set-password", "/api/auth/password-reset/confirm", r#""newPassword":"CHANGE-ME""#)
}

/// What stands for the password is too short for one: pasted unchanged, the call is refused.
fn call(url: &str, page: &str, path: &str, fields: &str) -> Option<String> {
    let (base, query) = url.split_once(page)?;
    let token = query.strip_prefix("?token=")?;
    Some(format!(
        "curl -sS -X POST {base}{path} -H 'Content-Type: application/json' -d '{{\"token\":\"{token}\",{fields}}}'"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::user::{ConfirmPasswordReset, FirstAdmin};
    use serde::de::DeserializeOwned;

    /// The body of a call as the service reads it.
    fn body<T: DeserializeOwned>(call: &str) -> T {
        let (_, body) = call.split_once("-d '").unwrap();
        serde_json::from_str(body.strip_suffix('\'').unwrap()).unwrap()
    }

    #[test]
    fn the_calls_take_the_secret_of_the_link_and_have_the_fields_the_service_wants() {
        let made = first_administrator("https://shop.example/setup?token=s3cr-et").unwrap();
        assert!(made.contains(" https://shop.example/api/auth/first-admin "), "{made}");
        let first: FirstAdmin = body(&made);
        assert_eq!(first.token, "s3cr-et");
        assert!(first.password.len() < 15, "pasted unchanged it must be refused");
        let set = set_password("https://shop.example/account/set-password?token=s3cr-et").unwrap();
        assert!(set.contains(" https://shop.example/api/auth/password-reset/confirm "), "{set}");
        let set: ConfirmPasswordReset = body(&set);
        assert_eq!(set.token, "s3cr-et");
        assert!(set.new_password.len() < 15);
    }

    #[test]
    fn a_link_to_another_page_has_no_call() {
        assert_eq!(first_administrator("https://shop.example/account/set-password?token=x"), None);
    }
}
