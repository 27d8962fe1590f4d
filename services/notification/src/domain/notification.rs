//! A notification on its way (contracts §6.7).

use api::ids::{ClaimId, NotificationId, OrderId, UserId};
use api::notification::{Category, NotificationStatus};
use base::config::Span;
use base::page::ByTime;
use base::{Id, Timestamp};
use serde_json::{Map, Value};
use std::time::Duration;
use uuid::Uuid;

/// How long a worker may be silent before another one takes over.
pub(crate) const LEASE: Duration = Duration::from_secs(60);

/// A notification.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Notification {
    pub(crate) id: NotificationId,
    /// Id of the event, or what stands for the call that asked for it.
    pub(crate) trigger_id: Uuid,
    /// The event, if it was one.
    pub(crate) event_id: Option<Uuid>,
    pub(crate) template: String,
    pub(crate) category: Category,
    pub(crate) user_id: Option<UserId>,
    /// Where it goes; found out when it is sent, if only the account is known.
    pub(crate) address: Option<String>,
    /// Digest of the address.
    pub(crate) address_key: Option<String>,
    /// The address for logs.
    pub(crate) masked: String,
    pub(crate) name: Option<String>,
    /// Digest of the address, or `user:<id>`.
    pub(crate) recipient_key: String,
    /// As the sender asked; that of the recipient when left out.
    pub(crate) locale: Option<String>,
    pub(crate) claim_id: Option<ClaimId>,
    pub(crate) order_id: Option<OrderId>,
    /// Page of the shop it is about, for the customer's list.
    pub(crate) link: Option<String>,
    /// Line in the customer's list.
    pub(crate) title: Option<String>,
    /// Values of the template; forgotten after a while.
    pub(crate) context: Option<Map<String, Value>>,
    /// Digest of what a call asked for, so that its key cannot be used for something else.
    pub(crate) fingerprint: String,
    pub(crate) message_id: String,
    pub(crate) resend_of: Option<NotificationId>,
    pub(crate) in_app: bool,
    pub(crate) status: NotificationStatus,
    pub(crate) reason: Option<String>,
    pub(crate) attempts: i64,
    pub(crate) next_attempt_at: Option<Timestamp>,
    pub(crate) lease: Option<Uuid>,
    pub(crate) leased_until: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) read_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
}

/// What a worker that looks at a notification has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing: it has ended.
    Never,
    /// It is too early, or another worker has it.
    Later(Timestamp),
    /// Send it.
    Now,
    /// A worker died while the provider had it: whether it arrived is unknown.
    Unknown,
}

impl Notification {
    /// Where it stands in lists, which are by time.
    pub(crate) fn place(&self) -> ByTime {
        ByTime::new(self.created_at, self.id.uuid())
    }

    /// Who it is for, as messages and the log write it.
    pub(crate) fn recipient_id(&self) -> String {
        self.user_id.map_or_else(|| format!("address:{}", self.recipient_key), |user| user.to_string())
    }

    /// What is to be done at `now`.
    pub(crate) fn due(&self, now: Timestamp) -> Due {
        let at = match self.status {
            NotificationStatus::Queued | NotificationStatus::Scheduled => self.next_attempt_at,
            NotificationStatus::Sending => self.leased_until,
            NotificationStatus::Sent
            | NotificationStatus::Failed
            | NotificationStatus::Suppressed
            | NotificationStatus::Cancelled => return Due::Never,
        };
        match at {
            Some(at) if at > now => Due::Later(at),
            _ if self.status == NotificationStatus::Sending => Due::Unknown,
            _ => Due::Now,
        }
    }

    /// Whether it may be sent again although it may have arrived: everything but advertising,
    /// which nobody misses. The Message-ID stays, so that a mailbox can tell.
    pub(crate) fn is_repeated_when_unknown(&self) -> bool {
        self.category != Category::Marketing
    }

    /// Whether it has ended, so that staff may send it again.
    pub(crate) fn has_ended(&self) -> bool {
        self.due(Timestamp::EPOCH) == Due::Never
    }
}

/// The wait after attempt number `attempts`; `None` after the last.
pub(crate) fn wait_after(attempts: i64, waits: &[Span]) -> Option<Duration> {
    let index = usize::try_from(attempts).ok()?.checked_sub(1)?;
    waits.get(index).map(|wait| wait.0)
}

/// What stands for a call in place of an event: the same sender and key lead to the same id.
pub(crate) fn trigger_of_call(sender: &str, key: &str) -> Uuid {
    Id::<()>::derived(Uuid::nil(), &format!("{}:{sender}:{key}", sender.len())).uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_tried_six_times_over_two_and_a_half_hours() {
        let spans = [10, 60, 300, 1800, 7200].map(|seconds| Span(Duration::from_secs(seconds)));
        let waits: Vec<_> =
            (1..).map_while(|attempt| wait_after(attempt, &spans)).map(|w| w.as_secs()).collect();
        assert_eq!(waits, [10, 60, 300, 1800, 7200]);
        assert_eq!(wait_after(0, &spans), None);
        assert_eq!(wait_after(6, &spans), None);
    }

    #[test]
    fn a_key_belongs_to_its_sender() {
        assert_eq!(trigger_of_call("a", "b"), trigger_of_call("a", "b"));
        assert_ne!(trigger_of_call("a", "b"), trigger_of_call("b", "b"));
        assert_ne!(trigger_of_call("a", "b:c"), trigger_of_call("a:b", "c"));
    }
}
