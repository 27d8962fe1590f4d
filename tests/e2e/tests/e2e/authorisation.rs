//! Every operation × every kind of caller has its expected answer. The operations come from the
//! services' own documents, the expectations from `authorisation.txt`, which was written from the
//! contract: an operation without a row, or with another access than its row says, fails.

use auth::{Permission, Role, UserId};
use http::Method;
use service::Definition;
use std::collections::BTreeMap;
use testkit::TestService;

/// Who may call what: `METHOD path = access | other customer`, in the notation of contracts §4.1.
const EXPECTED: &str = include_str!("authorisation.txt");

fn definitions() -> Vec<Definition> {
    vec![
        cart::definition(),
        gateway::definition(),
        inventory::definition(),
        notification::definition(),
        order::definition(),
        payment::definition(),
        product::definition(),
        user::definition(),
    ]
}

/// The operations of a service: (method, path) → access.
fn operations(definition: &Definition) -> BTreeMap<(String, String), String> {
    let document = serde_json::to_value((definition.document)()).expect("a document is JSON");
    let mut found = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let Some(access) = operation["x-access"].as_str() else { continue };
            found.insert((method.to_uppercase(), path.clone()), access.to_owned());
        }
    }
    found
}

/// A row of the table.
pub(crate) struct Row {
    pub(crate) method: String,
    pub(crate) path: String,
    access: String,
    /// What another customer gets, or `-` where no thing with an owner is named.
    pub(crate) other: String,
}

/// The table by operation; a row without a column ends the test.
pub(crate) fn rows() -> BTreeMap<String, Row> {
    let row = |line: &str| {
        let (operation, rest) = line.split_once(" = ")?;
        let (method, path) = operation.split_once(' ')?;
        let (access, other) = rest.split_once(" | ")?;
        let [method, path, access, other] = [method, path, access, other].map(str::to_owned);
        Some((operation.to_owned(), Row { method, path, access, other }))
    };
    let lines = EXPECTED.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| row(line).unwrap_or_else(|| panic!("{line:?} is not a row: it lacks a column")))
        .collect()
}

/// Whether a path names a thing that has an owner, so that the last column must not be `-`.
fn names_an_owner(path: &str) -> bool {
    let owned = [
        "/api/auth/sessions/{",
        "/api/cart/items/{",
        "/api/users/{",
        "/api/admin/users/{",
        "/api/orders/{",
        "/api/payments/{",
        "/api/refunds/{",
        "/api/notifications/{",
        "/api/admin/notifications/log/{",
        "/api/mailbox/{",
        "/internal/carts/{",
        "/internal/users/{",
    ];
    owned.iter().any(|start| path.starts_with(start))
        || path.contains("{userId}")
        || path.contains("{orderId}")
}

#[test]
fn every_operation_on_a_thing_with_an_owner_says_what_another_customer_gets() {
    let missing: Vec<String> = rows()
        .into_iter()
        .filter(|(_, row)| names_an_owner(&row.path) && row.other == "-")
        .map(|(operation, _)| operation)
        .collect();
    assert!(missing.is_empty(), "authorisation.txt:\n{}", missing.join("\n"));
}

#[test]
fn every_operation_has_the_row_the_contract_gives_it() {
    let mut rows = rows();
    let mut wrong = Vec::new();
    for definition in definitions() {
        for ((method, path), access) in operations(&definition) {
            let operation = format!("{method} {path}");
            match rows.remove(&operation) {
                Some(row) if row.access == access => {}
                Some(row) => wrong.push(format!("{operation} = {access}, but the row says {}", row.access)),
                None => wrong.push(format!("{operation} = {access} has no row")),
            }
        }
    }
    wrong.extend(rows.into_keys().map(|operation| format!("{operation} has a row but does not exist")));
    assert!(wrong.is_empty(), "authorisation.txt:\n{}", wrong.join("\n"));
}

/// Permissions and scopes an access names.
fn named<'a>(access: &'a str, kind: &str) -> Vec<&'a str> {
    let open = format!("{kind}[");
    access.split(", ").filter_map(|part| part.strip_prefix(open.as_str())?.strip_suffix(']')).collect()
}

fn has(access: &str, word: &str) -> bool {
    access.split(", ").any(|part| part == word)
}

/// Whether the door lets the caller through; what the operation then says of a resource that does
/// not exist is another matter.
fn passes(status: u16) -> bool {
    !matches!(status, 401 | 403)
}

async fn check(service: &TestService, method: &str, path: &str, access: &str) {
    let path = fill(path);
    let ask =
        || service.request(method.parse::<Method>().expect("a method"), &path).raw("application/json", "{}");
    let what = format!("{method} {path} = {access}");
    let public = has(access, "P") || has(access, "guest");
    let anonymous = ask().await.status.as_u16();
    assert!(if public { anonymous != 403 } else { anonymous == 401 }, "{what}: anonymous got {anonymous}");
    let customer = ask().as_user(UserId::new()).await.status.as_u16();
    let may = public || has(access, "C") || has(access, "O");
    assert!(if may { true } else { customer == 403 }, "{what}: a customer got {customer}");
    let permissions: Vec<Permission> =
        named(access, "A").iter().map(|name| name.parse().expect("a permission")).collect();
    for role in Role::ALL {
        let status = ask().as_staff(&[role]).await.status.as_u16();
        let granted = auth::PolicyBundle::default().permissions_of([role.as_str()]);
        let allowed = may || permissions.iter().any(|permission| granted.contains(*permission));
        if !allowed {
            assert_eq!(status, 403, "{what}: role {} got {status}", role.as_str());
        } else if !public && !has(access, "C") && !has(access, "O") {
            // A step-up or a rule of the operation may still refuse; the door must not.
            assert!(
                passes(status) || status == 403 && access.contains("role:manage"),
                "{what}: role {} got {status}",
                role.as_str()
            );
        }
    }
    let scopes = named(access, "S");
    for name in ["gateway", "user", "product", "cart", "order", "payment", "notification", "inventory"] {
        let registry = if name == "gateway" { "api-gateway".to_owned() } else { format!("{name}-service") };
        let owned = auth::scopes_of_service(&registry);
        let allowed = scopes.iter().any(|scope| owned.contains(scope));
        if name != "gateway" && !has(access, "P") && !has(access, "guest") {
            let status = ask().as_service(name).await.status.as_u16();
            assert!(
                if allowed { status != 401 } else { status == 403 },
                "{what}: service {name} got {status}"
            );
        }
    }
}

fn fill(path: &str) -> String {
    let id = base::Id::<()>::new().to_string();
    let mut filled = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        filled.push_str(&id);
        rest = after.split_once('}').expect("a closed parameter").1;
    }
    filled + rest
}

async fn check_all(definition: Definition) {
    let service = TestService::new(definition).await;
    for ((method, path), access) in operations(&definition) {
        check(&service, &method, &path, &access).await;
    }
}

#[tokio::test]
async fn the_cart_lets_in_whom_it_must() {
    check_all(cart::definition()).await;
}

#[tokio::test]
async fn inventory_lets_in_whom_it_must() {
    check_all(inventory::definition()).await;
}

#[tokio::test]
async fn notification_lets_in_whom_it_must() {
    check_all(notification::definition()).await;
}

#[tokio::test]
async fn the_order_service_lets_in_whom_it_must() {
    check_all(order::definition()).await;
}

#[tokio::test]
async fn payment_lets_in_whom_it_must() {
    check_all(payment::definition()).await;
}

#[tokio::test]
async fn the_catalogue_lets_in_whom_it_must() {
    check_all(product::definition()).await;
}

#[tokio::test]
async fn the_user_service_lets_in_whom_it_must() {
    check_all(user::definition()).await;
}
