//! Commands for whoever runs the shop: settings and administrators.

use crate::args::AdminWhat;
use crate::links;
use crate::operator_client::Operator;
use crate::output::{Outcome, Result, line};
use crate::settings::{DEFAULTS, Settings};
use api::user::{AdminCreated, CreateAdmin};
use base::{Error, Kind};
use std::path::Path;

/// `emporion config`
pub(crate) fn config(settings: &Settings, defaults: bool) -> Outcome {
    if defaults {
        line(DEFAULTS.trim_end());
    } else {
        line(settings.config.to_masked_toml().trim_end());
    }
    Outcome::Done
}

/// `emporion admin create`
pub(crate) async fn create(settings: &Settings, what: &AdminWhat) -> Result {
    let AdminWhat::Create { email, password_file } = what;
    let password = password_file.as_deref().map(first_line).transpose()?;
    let operator = Operator::connect(settings).await?;
    let body = CreateAdmin { email: email.clone(), password };
    let created: AdminCreated = operator.post("/operator/peer/user/internal/users/admin", &body).await?;
    line(format!("{email} is an administrator now"));
    if let Some(url) = created.set_password_url {
        line(format!("This link sets the password, once:\n  {url}"));
        if let Some(call) = links::set_password(&url) {
            line(format!("Until its page is there, this call does it; put in the password:\n  {call}"));
        }
    }
    operator.close().await;
    Ok(Outcome::Done)
}

fn first_line(path: &Path) -> base::Result<String> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::new(Kind::Malformed, "malformed", format!("cannot read {}: {error}", path.display()))
    })?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    if line.is_empty() {
        return Err(Error::new(
            Kind::Malformed,
            "malformed",
            format!("{} holds no password", path.display()),
        ));
    }
    Ok(line)
}
