//! Password hashes through the one door of the process, and the numbers of that door.

use super::Result;
use crate::AppState;

/// The PHC string to store for `password`.
///
/// # Errors
/// 503 `busy` when too many hash at once, 422 for a password that is too long.
pub(crate) async fn hash(app: &AppState, password: &str) -> Result<String> {
    let hash = app.gate.hash(password).await;
    report(app);
    Ok(hash?)
}

/// Whether `password` belongs to a stored hash; the same work if there is none.
///
/// # Errors
/// 503 `busy` when too many hash at once.
pub(crate) async fn verify(app: &AppState, password: &str, stored: Option<&str>) -> Result<bool> {
    let right = app.gate.verify(password, stored).await;
    report(app);
    Ok(right?)
}

fn report(app: &AppState) {
    let load = app.gate.load();
    let numbers = [
        ("password_hashes", "Password hashes computed so far.", load.operations as f64),
        (
            "password_hashes_refused",
            "Callers turned away because too many hashed at once.",
            load.refused as f64,
        ),
        ("password_hashes_waiting", "Callers waiting for their password hash.", load.waiting as f64),
    ];
    for (name, help, value) in numbers {
        app.metrics.set(name, help, &[], value);
    }
}
