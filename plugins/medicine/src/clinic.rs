//! Whom to call when the box is not enough: clinics nearby, and the clerks who know first aid (M7).

use deskbell_sdk::prelude::*;

use crate::training::Training;

/// A clinic nearby.
#[derive(Record)]
#[record(name = "clinic", number = "MC/ever", unique = "name")]
pub struct Clinic {
    /// What it is called.
    #[field(searchable, editable, max = 60)]
    pub name: String,
    /// Its telephone.
    #[field(searchable, editable, max = 40)]
    pub telephone: String,
    /// Where it is.
    #[field(editable, max = 80)]
    pub address: Option<String>,
    /// When somebody is there.
    #[field(editable, max = 60)]
    pub hours: Option<String>,
}

/// 急救联系表, for the wall behind the desk
#[derive(Paper)]
pub struct FirstAidPaper {
    pub on: Day,
    pub clinics: Vec<ClinicLine>,
    /// Clerks whose training holds on that day.
    pub trained: Vec<TrainedLine>,
}

#[derive(Paper)]
pub struct ClinicLine {
    pub name: String,
    pub telephone: String,
    pub address: Option<String>,
    pub hours: Option<String>,
}

#[derive(Paper)]
pub struct TrainedLine {
    pub clerk: String,
    pub trained_on: Day,
    pub renew_by: Day,
}

pub fn paper(cx: &Cx, period: Period) -> Result<FirstAidPaper> {
    let clinic = |clinic: &Stored<Clinic>| ClinicLine {
        name: clinic.name.clone(),
        telephone: clinic.telephone.clone(),
        address: clinic.address.clone(),
        hours: clinic.hours.clone(),
    };
    let trained = |training: &Stored<Training>| TrainedLine {
        clerk: training.clerk.clone(),
        trained_on: training.trained_on,
        renew_by: training.renew_by,
    };
    let holding = Training::RENEW_BY.ge(period.to).and(Training::TRAINED_ON.le(period.to)).sort_by(Training::CLERK);
    Ok(FirstAidPaper {
        on: period.to,
        clinics: cx.find(Clinic::all().sort_by(Clinic::NAME))?.iter().map(clinic).collect(),
        trained: cx.find(holding)?.iter().map(trained).collect(),
    })
}
