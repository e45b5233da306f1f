//! The stores of the desk: their zones, languages and what each sets for a plugin.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use deskbell_proto::value::{self, FieldKind};
use deskbell_proto::{Fields, Period, SiteInfo};

use crate::problem::Problem;

/// One store.
#[derive(Debug, Clone)]
pub struct Site {
    pub info: SiteInfo,
    pub zone: Tz,
    /// The languages of its papers, the first one where nothing is said.
    pub languages: Vec<String>,
    /// The settings of each plugin, defaults filled in.
    pub settings: HashMap<String, Fields>,
}

impl Site {
    /// The site's date of an instant.
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// The first instant of a day; where clocks skip midnight, the first one after it.
    pub fn start_of(&self, day: NaiveDate) -> DateTime<Utc> {
        let midnight = day.and_time(NaiveTime::MIN);
        let local = self.zone.from_local_datetime(&midnight).earliest();
        local.map_or_else(|| midnight.and_utc(), |local| local.to_utc())
    }

    /// A period as values that a field of a kind is compared with: from the first, before the second.
    pub fn bounds(&self, kind: Option<&FieldKind>, period: Period) -> (String, String) {
        let after = period.to.checked_add_days(Days::new(1)).unwrap_or(period.to);
        match kind {
            Some(FieldKind::Instant) => (value::instant(self.start_of(period.from)), value::instant(self.start_of(after))),
            _ => (period.from.to_string(), after.to_string()),
        }
    }

    pub fn settings(&self, plugin: &str) -> Fields {
        self.settings.get(plugin).cloned().unwrap_or_default()
    }

    pub fn language(&self) -> &str {
        self.languages.first().map_or(deskbell_locale::LANGUAGES[0], String::as_str)
    }
}

/// All stores by id. Clones share them; new settings may replace them while the desk runs.
#[derive(Debug, Clone, Default)]
pub struct Sites {
    by_id: Arc<ArcSwap<BTreeMap<String, Arc<Site>>>>,
}

impl Sites {
    /// Replaces all sites.
    pub fn set(&self, sites: impl IntoIterator<Item = Site>) {
        let sites = sites.into_iter().map(|site| (site.info.id.clone(), Arc::new(site))).collect();
        self.by_id.store(Arc::new(sites));
    }

    pub fn get(&self, id: &str) -> Result<Arc<Site>, Problem> {
        self.by_id.load().get(id).cloned().ok_or_else(|| Problem::not_found(format!("site {id}")))
    }

    pub fn all(&self) -> Vec<Arc<Site>> {
        self.by_id.load().values().cloned().collect()
    }

    /// The one site of a desk that has only one.
    pub fn only(&self) -> Option<Arc<Site>> {
        let sites = self.by_id.load();
        if sites.len() == 1 { sites.values().next().cloned() } else { None }
    }
}
