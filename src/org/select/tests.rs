use serde_json::json;

use super::*;

fn repository(name: &str) -> Repository {
    Repository {
        id: 7,
        name: name.rsplit('/').next().unwrap().into(),
        full_name: name.into(),
        size: 10,
        default_branch: Some("main".into()),
        pushed_at: Some("2026-01-01T00:00:00Z".into()),
        ..Repository::default()
    }
}

fn patterns(texts: &[&str]) -> Patterns {
    Patterns::new(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
}

#[test]
fn what_nobody_wants_is_left_out_by_default_and_taken_when_asked() {
    let all = Filters { archived: true, forks: true, templates: true, ..Filters::default() };
    let plain = Filters::default();
    assert_eq!(plain.judge(&repository("acme/a")), Ok(()));
    let cases = [
        (Repository { archived: true, ..repository("acme/a") }, Skip::Archived),
        (Repository { fork: true, ..repository("acme/a") }, Skip::Fork),
        (Repository { is_template: true, ..repository("acme/a") }, Skip::Template),
    ];
    for (repository, skip) in cases {
        assert_eq!(plain.judge(&repository), Err(skip));
        assert_eq!(all.judge(&repository), Ok(()));
    }
    for (repository, skip) in [
        (Repository { disabled: true, ..repository("acme/a") }, Skip::Disabled),
        (Repository { default_branch: None, ..repository("acme/a") }, Skip::Empty),
        (Repository { size: 0, pushed_at: None, ..repository("acme/a") }, Skip::Empty),
    ] {
        assert_eq!(all.judge(&repository), Err(skip));
    }
    assert_eq!(plain.judge(&Repository { size: 0, ..repository("acme/new") }), Ok(()), "its size comes later");
}

#[test]
fn names_are_matched_by_patterns() {
    let filters = Filters {
        include: patterns(&["acme/svc-*", "*-infra"]),
        exclude: patterns(&["svc-old", "acme/{tmp,test}-*"]),
        ..Filters::default()
    };
    let judge = |name: &str| filters.judge(&repository(name));
    assert_eq!(judge("acme/svc-orders"), Ok(()));
    assert_eq!(judge("Acme/SVC-Orders"), Ok(()));
    assert_eq!(judge("other/net-infra"), Ok(()));
    assert_eq!(judge("other/svc-orders"), Err(Skip::NotIncluded));
    assert_eq!(judge("acme/svc-old"), Err(Skip::Excluded("svc-old".into())));
    assert_eq!(judge("acme/tmp-infra"), Err(Skip::Excluded("acme/{tmp,test}-*".into())));
    assert!(Patterns::new(&["a[".into()]).unwrap_err().contains("`a[`"));
}

#[test]
fn topics_languages_properties_and_visibility_choose() {
    let own = Repository {
        topics: vec!["payments".into(), "aws".into()],
        language: Some("HCL".into()),
        private: true,
        custom_properties: [
            ("tier".into(), json!("1")),
            ("teams".into(), json!(["a", "b"])),
            ("none".into(), json!(null)),
        ]
        .into(),
        ..repository("acme/a")
    };
    let judge = |filters: Filters| filters.judge(&own);
    let plain = Filters::default;
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let property = |name: &str, value: &str| Filters { properties: [(name.into(), value.into())].into(), ..plain() };
    assert_eq!(judge(Filters { topics: texts(&["web", "aws"]), ..plain() }), Ok(()));
    assert_eq!(judge(Filters { topics: texts(&["web", "ios"]), ..plain() }), Err(Skip::Topics("web, ios".into())));
    let skip = Skip::ExcludedTopic("payments".into());
    assert_eq!(judge(Filters { exclude_topics: texts(&["payments"]), ..plain() }), Err(skip));
    assert_eq!(judge(Filters { languages: texts(&["hcl"]), ..plain() }), Ok(()));
    assert_eq!(judge(Filters { languages: texts(&["Go"]), ..plain() }), Err(Skip::Language("HCL".into())));
    assert_eq!(judge(Filters { visibility: Some("private".into()), ..plain() }), Ok(()));
    let skip = Skip::Visibility("private".into());
    assert_eq!(judge(Filters { visibility: Some("internal".into()), ..plain() }), Err(skip));
    assert_eq!(judge(property("tier", "1")), Ok(()));
    assert_eq!(judge(property("teams", "b")), Ok(()));
    for (name, wanted, value) in
        [("tier", "2", "1"), ("teams", "c", "a, b"), ("none", "x", "not set"), ("gone", "x", "not set")]
    {
        let skip = Skip::Property { name: name.into(), value: value.into() };
        assert_eq!(judge(property(name, wanted)), Err(skip));
    }
}

#[test]
fn a_file_of_names_may_hold_addresses_and_comments() {
    let text = "\u{feff}# ours\nacme/a\r\nhttps://github.com/acme/b.git  # two\n\ngit@ghe.example.com:acme/c.git\nacme/a\nhttps://github.com/acme/d/\n";
    assert_eq!(names(text).unwrap(), ["acme/a", "acme/b", "acme/c", "acme/d"]);
    for (text, message) in [
        ("acme/a\nacme", "line 2: `acme` names no repository"),
        ("acme/../x", "line 1:"),
        ("acme/a\u{1b}[31m", "line 1: `acme/a\\u{1b}[31m`"),
        ("acme/..", "line 1:"),
    ] {
        let error = names(text).unwrap_err();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn names_of_files_show_whether_an_archive_is_worth_it() {
    let limits = crate::org::content::Limits::default();
    let judge = |answer: serde_json::Value| prefilter(&serde_json::from_value(answer).unwrap(), &limits);
    let blob = |path: &str| json!({ "path": path, "type": "blob", "sha": "x", "mode": "100644" });
    assert_eq!(judge(json!({ "tree": [blob("README.md"), blob("infra/main.tf")], "truncated": false })), Ok(()));
    assert_eq!(judge(json!({ "tree": [blob("README.md")], "truncated": true })), Ok(()));
    let skip = Err(Skip::NoConfiguration);
    assert_eq!(judge(json!({ "tree": [blob("README.md"), blob("package.json")], "truncated": false })), skip);
    assert_eq!(judge(json!({ "tree": [{ "path": "x.tf", "type": "commit" }], "truncated": false })), skip);
}
