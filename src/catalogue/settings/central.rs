//! Settings of a repository below those of an organisation.

use super::Settings;
use crate::catalogue::PullRequestSettings;

impl Settings {
    /// What a repository's own settings make of central ones. They choose among controls, options and words; they never
    /// take an effect, a grade or an automatic merge that the central ones don't give, and never switch off a control
    /// that is `required`. What was refused comes with it, in words.
    pub fn below(self, central: &Self, required: &[String]) -> (Self, Vec<String>) {
        let mut refused = Vec::new();
        let mut settings = central.clone();
        settings.profile = central.profile.max(self.profile);
        settings.alarm_topic = self.alarm_topic.or_else(|| central.alarm_topic.clone());
        settings.opt_out = self.opt_out;
        // Nothing outside of the repository is read for it.
        let inside = |path: &str| !path.starts_with('/') && !path.contains('\\') && !path.split('/').any(|p| p == "..");
        for (function, hint) in self.sources {
            if hint.entries.iter().all(|entry| inside(&entry.directory)) {
                settings.sources.insert(function, hint);
            } else {
                refused.push("`sources` outside of the repository".into());
            }
        }
        if !self.accept.is_empty() {
            settings.accept.retain(|effect| self.accept.contains(effect));
            let more = self.accept.iter().filter(|effect| !central.accept.contains(effect));
            refused
                .extend(more.map(|effect| format!("`accept` of the effect `{effect}`: the policy doesn't accept it")));
        }
        for id in self.disabled {
            if required.contains(&id) {
                refused.push(format!("`enabled = false` of {id}: the policy requires it"));
            } else {
                settings.disabled.push(id);
            }
        }
        settings.enabled.extend(self.enabled);
        for ((id, name), value) in self.options {
            if required.contains(&id) && central.options.contains_key(&(id.clone(), name.clone())) {
                refused.push(format!("`{name}` of {id}: the policy sets it"));
            } else {
                settings.options.insert((id, name), value);
            }
        }
        settings.pull_request = pull_request(self.pull_request, &central.pull_request, &mut refused);
        (settings, refused)
    }
}

fn pull_request(
    own: PullRequestSettings,
    central: &PullRequestSettings,
    refused: &mut Vec<String>,
) -> PullRequestSettings {
    let grade = central.grade.unwrap_or(crate::fix::Grade::Safe);
    // `Safe` is the greater grade: the one that changes less.
    if own.grade.is_some_and(|own| own < grade) {
        refused.push(format!("`grade` of pull_request: the policy allows {grade} fixes only"));
    }
    if own.branch_prefix.is_some() && own.branch_prefix != central.branch_prefix {
        refused.push("`branch_prefix` of pull_request: branches are found again by the policy's".into());
    }
    if own.auto_merge.is_some() && central.auto_merge.is_none() {
        refused.push("`auto_merge` of pull_request: the policy doesn't merge".into());
    }
    let list = |own: Vec<String>, central: &[String]| if own.is_empty() { central.to_vec() } else { own };
    let mut labels = central.labels.clone();
    labels.extend(own.labels.into_iter().filter(|label| !central.labels.contains(label)));
    PullRequestSettings {
        base: own.base.or_else(|| central.base.clone()),
        branch_prefix: central.branch_prefix.clone(),
        grade: Some(own.grade.map_or(grade, |own| own.max(grade))),
        group_by: own.group_by.or(central.group_by),
        title: own.title.or_else(|| central.title.clone()),
        commit: own.commit.or_else(|| central.commit.clone()),
        labels,
        reviewers: list(own.reviewers, &central.reviewers),
        team_reviewers: list(own.team_reviewers, &central.team_reviewers),
        draft: own.draft || central.draft,
        max: [own.max, central.max].into_iter().flatten().min(),
        auto_merge: central.auto_merge,
        note: own.note.or_else(|| central.note.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::fix::{Effect, Grade};

    #[test]
    fn a_repository_never_gets_more_than_the_policy_gives() {
        let catalogue = Catalogue::built_in().unwrap();
        let parse = |text: &str| Settings::parse(text, &catalogue).unwrap();
        let central = parse(
            "accept = [\"cost\"]\ncontrol \"log-group-retention\" {\n  retention_days = 90\n}\n\
             pull_request {\n  labels = [\"security\"]\n  max = 3\n}\n",
        );
        let own = parse(
            "accept = [\"cost\", \"access\", \"replace\"]\nprofile = \"strict\"\n\
             control \"s3-versioning\" {\n  enabled = false\n}\ncontrol \"sqs-encryption\" {\n  enabled = false\n}\n\
             control \"log-group-retention\" {\n  retention_days = 1\n}\n\
             pull_request {\n  grade = \"review\"\n  auto_merge = \"squash\"\n  branch_prefix = \"main\"\n  labels = [\"infra\"]\n  \
             max = 50\n  reviewers = [\"ann\"]\n}\n",
        );
        let required = ["sqs-encryption".to_owned(), "log-group-retention".to_owned()];
        let (settings, refused) = own.below(&central, &required);
        assert_eq!(settings.accept, [Effect::Cost]);
        assert_eq!(settings.profile, crate::catalogue::Profile::Strict, "asking for more findings is no harm");
        assert_eq!(settings.disabled, ["s3-versioning"]);
        let days = settings.options.get(&("log-group-retention".into(), "retention_days".into()));
        assert_eq!(days, Some(&crate::model::Value::Number(90.0)));
        let pull = &settings.pull_request;
        assert_eq!((pull.grade, pull.auto_merge, pull.max), (Some(Grade::Safe), None, Some(3)));
        assert_eq!((pull.branch_prefix.as_deref(), pull.labels.join(" ")), (None, "security infra".to_owned()));
        assert_eq!(pull.reviewers, ["ann"]);
        assert_eq!(refused.len(), 7, "{refused:?}");
        let (same, refused) = Settings::default().below(&central, &required);
        assert_eq!((same.accept, same.pull_request.max, refused.len()), (vec![Effect::Cost], Some(3), 0));
    }
}
