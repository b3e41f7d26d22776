//! What would repair a finding, and what may be done with it.

mod change;

use serde::Serialize;

pub use change::{Change, StatementEdit};

/// What terramend may do with a fix on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Shown only.
    Manual,
    /// Applied when asked for.
    Review,
    /// Applied by default.
    Safe,
}

/// What deploying a fix does to what runs, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing that anybody could notice.
    None,
    /// Resources are updated or added without interruption.
    InPlace,
    /// It costs money.
    Cost,
    /// Somebody or something may lose access, or gain it.
    Access,
    /// A resource is destroyed and created again.
    Replace,
}

macro_rules! names {
    ($kind:ident { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(match self { $(Self::$variant => $name),+ })
            }
        }
        impl std::str::FromStr for $kind {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(format!("`{text}` is not one of {}", [$($name),+].join(", "))),
                }
            }
        }
    };
}
pub(crate) use names;

names!(Grade { Manual = "manual", Review = "review", Safe = "safe" });
names!(Effect { None = "none", InPlace = "in-place", Cost = "cost", Access = "access", Replace = "replace" });

/// What would repair a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// What it does, as an imperative.
    pub title: String,
    /// What may be done with it.
    pub grade: Grade,
    /// What deploying it does.
    pub effect: Effect,
    /// All of them or none.
    pub changes: Vec<Change>,
    /// What the reader should know: why not safe, what it needs, what it costs.
    pub notes: Vec<String>,
}

impl Fix {
    /// Advice without an edit.
    pub fn manual(title: impl Into<String>, note: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            grade: Grade::Manual,
            effect: Effect::None,
            changes: Vec::new(),
            notes: vec![note.into()],
        }
    }
}

/// The highest grade that an effect allows. `stateful`: whether what is replaced holds data or identity.
///
/// `accepted`: effects that the user's configuration takes as they come.
pub fn cap(effect: Effect, stateful: bool, accepted: &[Effect]) -> Grade {
    match effect {
        Effect::Replace if stateful => Grade::Manual,
        Effect::Replace => Grade::Review,
        Effect::Cost | Effect::Access if !accepted.contains(&effect) => Grade::Review,
        _ => Grade::Safe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_follow_effects() {
        for (effect, stateful, accepted, grade) in [
            (Effect::None, true, &[][..], Grade::Safe),
            (Effect::InPlace, true, &[], Grade::Safe),
            (Effect::Cost, false, &[], Grade::Review),
            (Effect::Cost, false, &[Effect::Cost], Grade::Safe),
            (Effect::Access, false, &[Effect::Cost], Grade::Review),
            (Effect::Replace, false, &[Effect::Replace], Grade::Review),
            (Effect::Replace, true, &[Effect::Replace], Grade::Manual),
        ] {
            assert_eq!(cap(effect, stateful, accepted), grade, "{effect:?} {stateful} {accepted:?}");
        }
    }

    #[test]
    fn safe_is_above_review_is_above_manual() {
        assert!(Grade::Safe > Grade::Review && Grade::Review > Grade::Manual);
        assert!(Effect::Replace > Effect::Access && Effect::Access > Effect::Cost);
    }
}
