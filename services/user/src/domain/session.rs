//! Sessions: families of refresh tokens of which only the newest is good, and how long they live.

use super::refresh_token::RefreshToken;
use api::ids::{SessionId, UserId};
use base::{Keys, Timestamp};
use std::time::Duration;

/// How long a session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Without being used.
    pub(crate) idle: Duration,
    /// In all.
    pub(crate) absolute: Duration,
}

impl Limits {
    /// When a session opened at `opened` ends if it is not used after `used`.
    pub(crate) fn end(self, opened: Timestamp, used: Timestamp) -> Timestamp {
        (opened + self.absolute).min(used + self.idle)
    }
}

/// A family of refresh tokens.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    /// Its id, the `sid` of its access tokens.
    pub(crate) id: SessionId,
    /// Whose it is.
    pub(crate) user_id: UserId,
    /// Makes its tokens unlike those of any other family.
    pub(crate) nonce: [u8; 32],
    /// Number of the one good token.
    pub(crate) generation: i64,
    /// When that token was issued.
    pub(crate) rotated_at: Timestamp,
    /// When its owner proved who they are.
    pub(crate) created_at: Timestamp,
    /// Idle and absolute end, as of the last use.
    pub(crate) expires_at: Timestamp,
    /// When it was ended before its time.
    pub(crate) revoked_at: Option<Timestamp>,
    /// How its owner calls the device.
    pub(crate) device_name: Option<String>,
    /// Client text of the last use.
    pub(crate) user_agent: Option<String>,
    /// Client address of the last use.
    pub(crate) ip_address: Option<String>,
}

/// What is to be done with a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The newest: issue its successor.
    Rotate,
    /// Just superseded: hand out the same successor again, its owner lost the answer or refreshed
    /// twice at once.
    SameSuccessor,
    /// Superseded for longer: somebody else has a copy, so the family must die.
    Reused,
    /// Not good, and no reason for alarm.
    Refuse,
}

impl Family {
    /// What is to be done with `token` at `now`.
    pub(crate) fn judge(&self, token: &RefreshToken, keys: &Keys, now: Timestamp, rules: Rules) -> Verdict {
        if !token.is_genuine(keys, &self.nonce) || self.is_over(now, rules.limits) {
            return Verdict::Refuse;
        }
        let superseded = self.generation - token.generation;
        let in_grace = now.since(self.rotated_at) <= rules.grace;
        match superseded {
            0 => Verdict::Rotate,
            1 if in_grace => Verdict::SameSuccessor,
            1.. => Verdict::Reused,
            // Newer than the store: the store was restored from a backup.
            _ => Verdict::Refuse,
        }
    }

    /// Whether no token of it is good any more. The limits are looked at again, since its owner
    /// may have become staff in the meantime.
    pub(crate) fn is_over(&self, now: Timestamp, limits: Limits) -> bool {
        let end = self.expires_at.min(limits.end(self.created_at, self.rotated_at));
        self.revoked_at.is_some() || end <= now
    }

    /// Its token of a generation.
    pub(crate) fn token(&self, keys: &Keys, generation: i64) -> RefreshToken {
        RefreshToken::derive(keys, self.id, &self.nonce, generation)
    }
}

/// What a refresh is judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// How long sessions of this owner live.
    pub(crate) limits: Limits,
    /// How long a superseded token still leads to its successor.
    pub(crate) grace: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        limits: Limits { idle: Duration::from_secs(1000), absolute: Duration::from_secs(5000) },
        grace: Duration::from_secs(10),
    };

    fn family() -> Family {
        let opened = Timestamp::EPOCH;
        Family {
            id: SessionId::new(),
            user_id: UserId::new(),
            nonce: [3; 32],
            generation: 5,
            rotated_at: opened,
            created_at: opened,
            expires_at: RULES.limits.end(opened, opened),
            revoked_at: None,
            device_name: None,
            user_agent: None,
            ip_address: None,
        }
    }

    fn judge(family: &Family, generation: i64, seconds: u64) -> Verdict {
        let keys = Keys::new([1; 32]);
        let now = Timestamp::EPOCH + Duration::from_secs(seconds);
        family.judge(&family.token(&keys, generation), &keys, now, RULES)
    }

    #[test]
    fn only_the_newest_token_rotates_and_an_old_one_kills_the_family() {
        let family = family();
        assert_eq!(judge(&family, 5, 0), Verdict::Rotate);
        assert_eq!(judge(&family, 4, 10), Verdict::SameSuccessor);
        assert_eq!(judge(&family, 4, 11), Verdict::Reused);
        assert_eq!(judge(&family, 3, 0), Verdict::Reused, "the grace is for the last one only");
        assert_eq!(judge(&family, 6, 0), Verdict::Refuse);
    }

    #[test]
    fn a_forged_token_does_not_kill_the_family() {
        let family = family();
        let forged = RefreshToken::derive(&Keys::new([2; 32]), family.id, &family.nonce, 1);
        let verdict = family.judge(&forged, &Keys::new([1; 32]), Timestamp::EPOCH, RULES);
        assert_eq!(verdict, Verdict::Refuse);
    }

    #[test]
    fn a_session_ends_when_idle_revoked_or_old() {
        let mut family = family();
        assert_eq!(judge(&family, 5, 999), Verdict::Rotate);
        assert_eq!(judge(&family, 5, 1000), Verdict::Refuse);
        assert_eq!(judge(&family, 1, 1000), Verdict::Refuse, "a dead family cannot die again");
        family.rotated_at = Timestamp::EPOCH + Duration::from_secs(4500);
        family.expires_at = RULES.limits.end(family.created_at, family.rotated_at);
        assert_eq!(judge(&family, 5, 4999), Verdict::Rotate);
        assert_eq!(judge(&family, 5, 5000), Verdict::Refuse);
        family.revoked_at = Some(Timestamp::EPOCH);
        assert_eq!(judge(&family, 5, 4600), Verdict::Refuse);
    }
}
