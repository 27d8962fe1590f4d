//! What `emporion invariants --repair` asks of services, and what they answer (contracts §0.3).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether to repair what breaks an invariant, or only to say what would be done.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepairInvariants {
    /// Change nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What became of something that breaks an invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RepairOutcome {
    /// It is repaired, or on its way to be.
    Repaired,
    /// It would be repaired, were it not for the dry run.
    WouldRepair,
    /// Only a person can decide what is true.
    ByHand,
}

/// Something that breaks an invariant and what is done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Repair {
    /// Which rule is broken.
    pub rule: String,
    /// Identity of what breaks it.
    pub id: String,
    /// What became of it.
    pub outcome: RepairOutcome,
    /// What is done, or what a person has to do.
    pub detail: String,
}

/// Everything a service found to repair, empty when all is well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Repairs {
    /// One entry per rule and id.
    pub items: Vec<Repair>,
}

impl Repairs {
    /// Notes something that is repaired, or would be in a dry run.
    pub fn repaired(&mut self, wish: RepairInvariants, rule: &str, id: impl ToString, detail: &str) {
        let outcome = if wish.dry_run { RepairOutcome::WouldRepair } else { RepairOutcome::Repaired };
        self.push(rule, id, outcome, detail);
    }

    /// Notes something that only a person can repair.
    pub fn by_hand(&mut self, rule: &str, id: impl ToString, detail: &str) {
        self.push(rule, id, RepairOutcome::ByHand, detail);
    }

    fn push(&mut self, rule: &str, id: impl ToString, outcome: RepairOutcome, detail: &str) {
        let (rule, id, detail) = (rule.to_owned(), id.to_string(), detail.to_owned());
        self.items.push(Repair { rule, id, outcome, detail });
    }
}
