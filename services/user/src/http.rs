//! Routes of the user service: who may call which, extractors, answers.

mod addresses;
mod authentication;
mod internal;
mod passwords;
mod queries;
mod roles;
mod status;
mod users;
mod well_known;

use crate::App;
use crate::ops::Origin;
use api::ids::UserId;
use auth::{Access, Caller, Permission};
use base::Error;
use serde::Deserialize;
use service::http::ClientInfo;
use service::{Routes, routes};

/// All routes.
pub(crate) fn routes() -> Routes<App> {
    let public = Access::public;
    let customer = Access::customer;
    let routes = Routes::new("user")
        .add(public(), routes!(authentication::register))
        .add(public(), routes!(authentication::login))
        .add(public(), routes!(authentication::refresh))
        .add(public(), routes!(authentication::first_admin))
        .add(customer(), routes!(authentication::logout))
        .add(customer(), routes!(authentication::me))
        .add(customer(), routes!(authentication::list_sessions))
        .add(customer(), routes!(authentication::end_session))
        .add(public(), routes!(passwords::request_password_reset))
        .add(public(), routes!(passwords::confirm_password_reset))
        .add(customer(), routes!(passwords::change_password))
        .add(customer(), routes!(passwords::request_email_verification))
        .add(public(), routes!(passwords::confirm_email))
        .add(public(), routes!(well_known::jwks))
        .add(public(), routes!(well_known::openid_configuration));
    staff_and_services(accounts(routes))
}

fn accounts(routes: Routes<App>) -> Routes<App> {
    let customer = Access::customer;
    let reader = || Access::customer().or_staff(Permission::UserRead);
    let editor = || Access::customer().or_staff(Permission::UserUpdate);
    let creator = Access::staff(Permission::UserCreate).or_service("user:command");
    routes
        .add(Access::staff(Permission::UserList), routes!(users::list_users))
        .add(creator, routes!(users::create_user))
        .add(reader().or_service("user:read"), routes!(users::get_user))
        .add(editor().or_service("user:command"), routes!(users::update_user))
        .add(editor(), routes!(users::get_profile, users::save_profile))
        .add(Access::public(), routes!(users::get_public_profile))
        .add(reader(), routes!(users::history))
        .add(reader().or_service("user:contact"), routes!(users::email_preferences))
        .add(customer().or_staff(Permission::UserStatus), routes!(status::deactivate))
        .add(Access::public(), routes!(status::reactivate))
        .add(Access::staff(Permission::UserStatus), routes!(status::set_status))
        .add(editor().or_service("user:address"), routes!(addresses::list_addresses))
        .add(editor(), routes!(addresses::add_address))
        .add(editor().or_service("user:address"), routes!(addresses::get_address))
        .add(editor(), routes!(addresses::update_address, addresses::delete_address))
        .add(editor(), routes!(addresses::set_default_address))
}

fn staff_and_services(routes: Routes<App>) -> Routes<App> {
    let roles = || Access::staff(Permission::RoleManage);
    let command = || Access::service("user:command");
    let contact = || Access::service("user:contact");
    routes
        .add(Access::staff(Permission::UserRead).or_service("authz:query"), routes!(roles::check_permissions))
        .add(roles(), routes!(roles::list_roles))
        .add(roles(), routes!(roles::roles_of_user, roles::set_roles))
        .add(roles(), routes!(roles::effective_permissions))
        .add(Access::service("authz:bundle"), routes!(internal::policy_bundle))
        .add(Access::service("auth:claim"), routes!(internal::secret_claim))
        .add(contact(), routes!(internal::contact))
        .add(contact(), routes!(internal::contacts))
        .add(command(), routes!(internal::first_admin_link))
        .add(command(), routes!(internal::create_admin))
}

/// The `{id}` of a path: an id, or `me` for one's own account.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum WhichUser {
    /// An account by its id.
    Id(UserId),
    /// The caller's own.
    Me(Me),
}

/// The word `me`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Me {
    /// The only one.
    Me,
}

impl WhichUser {
    /// The account that is meant.
    ///
    /// # Errors
    /// 401 if nobody is signed in who could be `me`.
    fn of(self, caller: &Caller) -> base::Result<UserId> {
        match self {
            WhichUser::Id(id) => Ok(id),
            WhichUser::Me(Me::Me) => caller.user_id().ok_or_else(Error::unauthenticated),
        }
    }
}

/// Where the request comes from, for operations.
fn origin(client: ClientInfo) -> Origin {
    Origin { ip: client.ip, user_agent: client.user_agent }
}
