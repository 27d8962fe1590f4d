//! Every route of the OpenAPI document refuses whoever it does not name.

use crate::harness::{By as _, shop};
use serde_json::{Value, json};

/// Method, path and who may call it, of every operation.
fn operations() -> Vec<(String, String, String)> {
    let document = serde_json::to_value((user::definition().document)()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let of_method = |(method, operation): (&String, &Value)| {
            let access = operation["x-access"].as_str().unwrap().to_owned();
            (method.to_uppercase(), path.clone(), access)
        };
        item.as_object().unwrap().iter().map(of_method).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

fn concrete(path: &str) -> String {
    let id = api::ids::UserId::new().to_string();
    ["{id}", "{addressId}", "{claimId}"].iter().fold(path.to_owned(), |path, name| path.replace(name, &id))
}

#[tokio::test]
async fn strangers_and_customers_are_refused_where_they_are_not_named() {
    let shop = shop().await;
    let customer = shop.customer("ada@example.org").await;
    let (mut public, mut refused) = (0, 0);
    for (method, path, access) in operations() {
        let request = || shop.request(method.parse().unwrap(), &concrete(&path)).json(&json!({}));
        if access == "P" {
            public += 1;
            continue;
        }
        assert_eq!(request().await.status, 401, "{method} {path} by nobody");
        let named = access.split(", ").any(|code| matches!(code, "C" | "O"));
        if !named {
            assert_eq!(request().by(&customer).await.status, 403, "{method} {path} by a customer");
            refused += 1;
        }
        let services = access.contains("S[");
        if !services {
            assert_eq!(request().as_service("order").await.status, 403, "{method} {path} by a service");
        }
    }
    assert!(public >= 11 && refused >= 14, "{public} {refused}");
}

#[test]
fn the_routes_are_those_of_the_contract() {
    let found: Vec<_> =
        operations().into_iter().map(|(method, path, access)| format!("{method} {path} {access}")).collect();
    for expected in [
        "POST /api/auth/register P",
        "POST /api/auth/login P",
        "GET /api/auth/me C",
        "POST /api/auth/refresh P",
        "POST /api/auth/logout C",
        "POST /api/auth/password-reset/request P",
        "POST /api/auth/password-reset/confirm P",
        "POST /api/auth/password/change C",
        "POST /api/auth/email-verification/request C",
        "POST /api/auth/email-verification/confirm P",
        "GET /api/auth/sessions C",
        "DELETE /api/auth/sessions/{id} C",
        "GET /.well-known/jwks.json P",
        "GET /.well-known/openid-configuration P",
        "POST /api/auth/check-permissions A[user:read], S[authz:query]",
        "GET /api/users A[user:list]",
        "POST /api/users A[user:create], S[user:command]",
        "GET /api/users/{id} O, A[user:read], S[user:read]",
        "PATCH /api/users/{id} O, A[user:update], S[user:command]",
        "POST /api/users/{id}/deactivate O, A[user:status]",
        "PUT /api/users/{id}/status A[user:status]",
        "GET /api/users/{id}/email-preferences O, A[user:read], S[user:contact]",
        "GET /api/users/{id}/history O, A[user:read]",
        "PUT /api/users/{id}/profile O, A[user:update]",
        "GET /api/users/{id}/addresses O, A[user:update], S[user:address]",
        "GET /api/users/{id}/public-profile P",
        "GET /api/admin/users/{id}/roles A[role:manage]",
        "PUT /api/admin/users/{id}/roles A[role:manage]",
        "GET /internal/auth/policy-bundle S[authz:bundle]",
        "POST /internal/auth/secret-claims/{claimId} S[auth:claim]",
        "GET /internal/users/{id}/contact S[user:contact]",
        "POST /internal/users/batch S[user:contact]",
    ] {
        assert!(found.iter().any(|operation| operation == expected), "{expected} is not in {found:#?}");
    }
}
