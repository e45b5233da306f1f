//! What a message says: a notice in one language, with all that its recipient needs to know of it.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::config::Delivery;
use crate::desk::Sites;
use crate::i18n::I18n;
use crate::problem::Problem;
use crate::store::{Message, Notice, Store};

/// A notice as it is told.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Announcement {
    /// The same however often it is sent: by it a recipient knows a repeated message.
    pub(super) id: String,
    pub(super) subject: String,
    /// The whole mail.
    pub(super) body: String,
    pub(super) json: Value,
}

impl Announcement {
    /// Puts a message into words; none where its notice is gone.
    pub(super) async fn of(
        message: &Message,
        delivery: &Delivery,
        store: &Store,
        sites: &Sites,
        i18n: &I18n,
    ) -> Result<Option<Announcement>, Problem> {
        let Some(notice) = store.notice(message.notice).await? else { return Ok(None) };
        let number = number_of(store, &notice).await?;
        let site = sites.get(&notice.site)?;
        let of_site = site.languages.first().map_or("zh-CN", String::as_str);
        let lang = delivery.language.map_or(of_site, |language| language.tag());
        let said = |key: &str, args: &[(&str, &str)]| {
            let args = args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            i18n.messages(None, lang).get_or_key(key, &args)
        };
        let id = id_of(message.notice, &delivery.name);
        let text = i18n.sentence(&notice.sentence, lang);
        let role = said(&format!("role-{}", notice.role), &[]);
        let at = notice.created_at.with_timezone(&site.zone).format("%Y-%m-%d %H:%M").to_string();
        let about = number.as_ref().map(|number| said("delivery-about", &[("number", number)]));
        let foot = said("delivery-foot", &[("site", &site.info.name), ("role", &role), ("at", &at)]);
        let json = json!({
            "id": id,
            "kind": "notice",
            "site": notice.site,
            "site_name": site.info.name,
            "role": notice.role,
            "plugin": notice.sentence.plugin,
            "key": notice.sentence.key,
            "language": lang,
            "text": text,
            "record_type": notice.record_type,
            "record": number,
            "at": notice.created_at,
        });
        let subject = said("delivery-subject", &[("site", &site.info.name), ("role", &role)]);
        let paragraphs: Vec<String> = [Some(text), about, Some(foot)].into_iter().flatten().collect();
        Ok(Some(Announcement { id, subject, body: paragraphs.join("\n\n"), json }))
    }
}

/// The number of the record that a notice is about, or its id.
async fn number_of(store: &Store, notice: &Notice) -> Result<Option<String>, Problem> {
    let (Some(record_type), Some(record)) = (&notice.record_type, notice.record) else { return Ok(None) };
    let numbers = store.view().await?.numbers(record_type, &[&notice.site], &[record]).await?;
    Ok(Some(numbers.get(&record).cloned().unwrap_or_else(|| record.to_string())))
}

fn id_of(notice: Uuid, delivery: &str) -> String {
    // A delivery's name may be in any script, an id of a mail may not.
    let plain: String = delivery.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("{notice}.{plain}")
}
