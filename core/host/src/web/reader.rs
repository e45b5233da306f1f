//! Who asks, in which language, at which site: the extractors that nearly every handler begins with.
//!
//! Not here: what they may do. The facades decide that, with the [`Subject`] found here.

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, Uri, header, request::Parts};

use super::Web;
use super::params::value_of;
use super::peer::Peer;
use crate::app::App;
use crate::desk::Sites;
use crate::i18n::known;
use crate::people::Subject;
use crate::problem::{Code, Problem};

/// Who asks, and the language to answer in.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) subject: Subject,
    pub(crate) lang: &'static str,
}

/// Who asks, at the one site the request works in.
#[derive(Debug, Clone)]
pub(crate) struct AtSite {
    pub(crate) subject: Subject,
    pub(crate) site: String,
    pub(crate) lang: &'static str,
    /// The language of papers: the one asked for, else the site's.
    pub(crate) paper_lang: &'static str,
}

/// Who asks, at one site or (`?site=*`, then `None`) at all of them.
#[derive(Debug, Clone)]
pub(crate) struct AtSites {
    pub(crate) subject: Subject,
    pub(crate) site: Option<String>,
}

/// The header by which the CLI acts as a user (`--as`); heeded on local requests only.
pub(crate) const ACT_AS: &str = "x-deskbell-as";

impl FromRequestParts<Web> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let lang = language_of(&parts.uri, &parts.headers);
        let subject = match parts.extensions.get::<Peer>() {
            Some(Peer::Local { os_user }) => local_subject(&web.app, os_user, &parts.headers).await?,
            Some(Peer::Remote(address)) => token_subject(&web.app, &parts.headers, &format!("api {}", address.ip())).await?,
            None => token_subject(&web.app, &parts.headers, "api").await?,
        };
        Ok(Reader { subject, lang })
    }
}

impl FromRequestParts<Web> for AtSite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let Reader { subject, lang } = Reader::from_request_parts(parts, web).await?;
        let site = site_of(&web.app.sites, &subject, value_of(&parts.uri, "site").as_deref())?;
        let paper_lang = match value_of(&parts.uri, "lang") {
            Some(_) => lang,
            None => known(web.app.sites.get(&site)?.language()),
        };
        Ok(AtSite { subject, site, lang, paper_lang })
    }
}

impl FromRequestParts<Web> for AtSites {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let Reader { subject, .. } = Reader::from_request_parts(parts, web).await?;
        let asked = value_of(&parts.uri, "site");
        let site = match asked.as_deref() {
            Some("*") => None,
            asked => Some(site_of(&web.app.sites, &subject, asked)?),
        };
        Ok(AtSites { subject, site })
    }
}

impl Reader {
    /// Whoever owns the desk's files may do all that is internal; a user acted for (`--as`) must be an admin of all sites.
    pub(crate) fn must_be_admin(&self, web: &Web, what: &str) -> Result<(), Problem> {
        web.app.policy.authorize_admin(&self.subject, "*", what)
    }
}

/// The language to answer in: `?lang=`, else the first of `Accept-Language` that is spoken here, else Chinese.
pub(crate) fn language_of(uri: &Uri, headers: &HeaderMap) -> &'static str {
    if let Some(asked) = value_of(uri, "lang") {
        return known(&asked);
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    known(accepted.unwrap_or_default())
}

/// The site that a request works in: the one it names, else the only one its subject works at.
fn site_of(sites: &Sites, subject: &Subject, asked: Option<&str>) -> Result<String, Problem> {
    if let Some(asked) = asked {
        return Ok(sites.get(asked)?.info.id.clone());
    }
    let mut own = Vec::from_iter(sites.all().iter().map(|site| site.info.id.clone()));
    own.retain(|site| !subject.roles_at(site).is_empty());
    match own.len() {
        0 => Err(Problem::new(Code::Forbidden, format!("{} has no role at any site", subject.user))),
        1 => Ok(own.remove(0)),
        _ => Err(Problem::new(Code::SiteRequired, format!("say ?site= (one of {})", own.join(", ")))),
    }
}

async fn local_subject(app: &App, os_user: &str, headers: &HeaderMap) -> Result<Subject, Problem> {
    match headers.get(ACT_AS).and_then(|value| value.to_str().ok()) {
        Some(user) => app.people.subject(user, "cli").await,
        None => Ok(Subject::admin(format!("cli:{os_user}"), "cli")),
    }
}

async fn token_subject(app: &App, headers: &HeaderMap, origin: &str) -> Result<Subject, Problem> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(bearer)
        .ok_or_else(|| Problem::new(Code::Unauthenticated, "no bearer token"))?;
    app.people.authenticate(token, origin).await
}

/// The token of an `Authorization` header; the scheme's case does not matter (RFC 9110).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use deskbell_proto::SiteInfo;

    use super::*;
    use crate::desk::Site;

    fn sites(ids: &[&str]) -> Sites {
        let sites = Sites::default();
        sites.set(ids.iter().map(|id| Site {
            info: SiteInfo { id: (*id).to_owned(), name: String::new(), timezone: "Asia/Shanghai".into() },
            zone: chrono_tz::Asia::Shanghai,
            languages: Vec::new(),
            settings: Default::default(),
        }));
        sites
    }

    fn subject(roles: &[(&str, &str)]) -> Subject {
        let mut subject = Subject::admin("mei", "test");
        subject.roles = BTreeMap::new();
        for (site, role) in roles {
            subject.roles.entry((*site).to_owned()).or_default().insert((*role).to_owned());
        }
        subject
    }

    #[test]
    fn a_request_works_at_the_site_it_names_or_at_its_subjects_only_one() {
        let two = sites(&["north", "south"]);
        let check = |roles: &[(&str, &str)], asked: Option<&str>, expected: Result<&str, Code>| {
            let found = site_of(&two, &subject(roles), asked);
            assert_eq!(found.as_deref().map_err(|problem| problem.code), expected, "{roles:?} {asked:?}");
        };
        check(&[("north", "clerk")], None, Ok("north"));
        check(&[("north", "clerk")], Some("south"), Ok("south"));
        check(&[("north", "clerk"), ("south", "clerk")], None, Err(Code::SiteRequired));
        check(&[("*", "admin")], None, Err(Code::SiteRequired));
        check(&[("*", "admin")], Some("south"), Ok("south"));
        check(&[("*", "admin")], Some("west"), Err(Code::NotFound));
        check(&[], None, Err(Code::Forbidden));
        let one = site_of(&sites(&["north"]), &subject(&[("*", "admin")]), None);
        assert_eq!(one.unwrap(), "north");
    }

    #[test]
    fn a_token_is_read_whatever_the_case_of_its_scheme() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc"), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }

    #[test]
    fn the_language_is_the_one_asked_for_then_the_accepted_one_then_chinese() {
        let check = |uri: &str, accepted: &str, expected: &str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, accepted.parse().unwrap())]);
            assert_eq!(language_of(&uri.parse().unwrap(), &headers), expected, "{uri} {accepted}");
        };
        check("/x?lang=en", "zh-CN", "en");
        check("/x", "en-GB,en;q=0.9", "en");
        check("/x", "", "zh-CN");
    }
}
