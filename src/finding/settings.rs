//! Thresholds as a person set them.

use super::about::{About, Threshold};

/// The thresholds that differ from their rules' own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    set: Vec<(&'static str, &'static str, f64)>,
}

impl Settings {
    /// What a threshold of a rule is.
    pub fn limit(&self, about: &About, threshold: &Threshold) -> f64 {
        let is = |(rule, name, _): &&(&str, &str, f64)| *rule == about.rule && *name == threshold.name;
        self.set.iter().rev().find(is).map_or(threshold.value, |(.., value)| *value)
    }

    /// Takes in `RULE.NAME=VALUE`; a later one holds.
    ///
    /// # Errors
    /// In words, where there is no such rule or threshold, or where the value is no number of at least 0.
    pub fn set(&mut self, text: &str) -> Result<(), String> {
        let form = || format!("{text}: --set takes RULE.NAME=VALUE, as in slow-command.ms=50");
        let (place, value) = text.split_once('=').ok_or_else(form)?;
        let (rule, name) = place.trim().split_once('.').ok_or_else(form)?;
        let about = super::find(rule).map(|rule| rule.about()).ok_or_else(|| super::unknown(rule))?;
        let Some(threshold) = about.thresholds.iter().find(|threshold| threshold.name == name) else {
            let names: Vec<_> = about.thresholds.iter().map(|threshold| threshold.name).collect();
            return Err(format!("{rule} has no threshold {name:?}; it has: {}", names.join(", ")));
        };
        let value = value.trim().parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0);
        let value = value.ok_or_else(|| format!("{text}: the value is a number of at least 0"))?;
        self.set.push((about.rule, threshold.name, value));
        Ok(())
    }
}
