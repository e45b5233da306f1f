//! Who is told of which notice outside the desk.

use std::sync::Arc;

use arc_swap::ArcSwap;
use serde::Deserialize;
use uuid::Uuid;

use crate::config::Delivery;
use crate::store::{NewMessage, Outgoing};

/// The deliveries of the desk. Clones are the same deliveries.
#[derive(Debug, Clone, Default)]
pub struct Deliveries {
    all: Arc<ArcSwap<Vec<Delivery>>>,
}

/// What the outbox says of a notice.
#[derive(Deserialize)]
struct Told {
    notice: Uuid,
    role: String,
}

impl Deliveries {
    pub fn set(&self, deliveries: Vec<Delivery>) {
        self.all.store(Arc::new(deliveries));
    }

    pub fn all(&self) -> Arc<Vec<Delivery>> {
        self.all.load_full()
    }

    pub(super) fn get(&self, name: &str) -> Option<Delivery> {
        self.all.load().iter().find(|delivery| delivery.name == name).cloned()
    }

    /// The messages that follow from something in the outbox: of a notice one for each recipient of each delivery that takes it.
    pub(super) fn messages(&self, item: &Outgoing) -> Vec<NewMessage> {
        let notice = (item.kind == "notice").then(|| Told::deserialize(&item.body).ok()).flatten();
        let Some(Told { notice, role }) = notice else { return Vec::new() };
        let site = item.site.as_deref().unwrap_or_default();
        let all = self.all.load();
        let taking = all.iter().filter(|delivery| delivery.takes(&role, site));
        let of_one = |delivery: &Delivery| {
            let name = delivery.name.clone();
            let to = |recipient| NewMessage { notice, delivery: name.clone(), recipient };
            delivery.recipients().into_iter().map(to).collect::<Vec<_>>()
        };
        taking.flat_map(of_one).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Settings;
    use crate::diagnostic::Source;

    #[test]
    fn a_notice_goes_to_those_who_asked_for_its_role_and_site() {
        let text = "[[sites]]\nid = \"north\"\n[[sites]]\nid = \"south\"\n\
                    [[deliveries]]\nname = \"mail\"\nkind = \"smtp\"\nurl = \"smtp://127.0.0.1\"\nfrom = \"desk@mall.example\"\n\
                    to = [\"a@mall.example\", \"B <b@mall.example>\"]\nroles = [\"duty-manager\"]\n\
                    [[deliveries]]\nname = \"chat\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1/hook\"\nsites = [\"south\"]\n";
        let loaded = Settings::read(Source::new("deskbell.toml", text));
        assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        let deliveries = Deliveries::default();
        deliveries.set(loaded.settings.deliveries);
        let check = |kind: &str, role: &str, site: &str, expected: &[(&str, &str)]| {
            let body = json!({ "notice": Uuid::nil(), "role": role });
            let item = Outgoing { seq: 1, kind: kind.to_owned(), site: Some(site.to_owned()), body };
            let messages = deliveries.messages(&item);
            let found: Vec<_> = messages.iter().map(|message| (&*message.delivery, &*message.recipient)).collect();
            assert_eq!(found, expected, "{kind} for {role} at {site}");
        };
        check("notice", "duty-manager", "north", &[("mail", "a@mall.example"), ("mail", "b@mall.example")]);
        check("notice", "clerk", "north", &[]);
        check("notice", "clerk", "south", &[("chat", "")]);
        check("task", "clerk", "south", &[]);
    }
}
