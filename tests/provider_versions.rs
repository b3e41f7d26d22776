//! Every example of every page with provider 3, 4, 5 and 6: nothing is written that the version doesn't know.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::structure::{Block, Body};
use support::Scratch;
use terramend::catalogue::Catalogue;
use terramend::effects::schema;
use terramend::model::highest;

/// Paths of the arguments and blocks in a body.
fn paths(body: &Body, prefix: &str, into: &mut Vec<String>) {
    into.extend(body.attributes().map(|argument| format!("{prefix}{}", argument.key.as_str())));
    for block in body.blocks() {
        // What a `dynamic` block makes has the block's name.
        let (name, body) = match (block.ident.as_str(), block.labels.first(), block.body.get_blocks("content").next()) {
            ("dynamic", Some(label), Some(content)) => (label.as_str(), &content.body),
            (name, ..) => (name, &block.body),
        };
        into.push(format!("{prefix}{name}"));
        paths(body, &format!("{prefix}{name}."), into);
    }
}

/// `type name` and path of everything in the resources of a text.
fn written(text: &str) -> BTreeSet<(String, String, String)> {
    let body: Body = text.parse().unwrap();
    let of = |block: &Block| {
        let label = |n: usize| block.labels[n].as_str().to_owned();
        let mut inner = vec![String::new()];
        paths(&block.body, "", &mut inner);
        inner.into_iter().map(|path| (label(0), label(1), path)).collect::<Vec<_>>()
    };
    body.get_blocks("resource").flat_map(of).collect()
}

/// The examples without a pin of their own, each in a folder with one; the pages' own pins are in their examples.
fn examples(catalogue: &Catalogue) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for control in catalogue.controls() {
        for (n, example) in control.examples.iter().enumerate() {
            let text = format!("{}\n{}", example.text, example.common);
            let has_pin = ["required_providers", "provider \"aws\"", "backend "].iter().any(|word| text.contains(word));
            if example.extension == "tf" && !has_pin {
                all.insert(format!("{}/{n}", control.id), text);
            }
        }
    }
    all
}

/// What is written for one constraint, and isn't known there.
fn check(constraint: &str) -> usize {
    let catalogue = Catalogue::built_in().unwrap();
    let examples = examples(&catalogue);
    let pin = format!(
        "terraform {{\n  required_providers {{\n    aws = {{\n      source  = \"hashicorp/aws\"\n      version = \
         \"{constraint}\"\n    }}\n  }}\n}}\n"
    );
    let files: Vec<(String, &str)> = examples
        .iter()
        .flat_map(|(name, text)| {
            [(format!("{name}/main.tf"), text.as_str()), (format!("{name}/versions.tf"), pin.as_str())]
        })
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let scratch = Scratch::with(&files);
    for profile in ["default", "strict"] {
        scratch.run(&["fix", "--write", "--grade", "review", "--all", "--profile", profile]);
    }
    let (mut count, mut unknown) = (0, Vec::new());
    for (name, before) in &examples {
        let after = scratch.read(&format!("{name}/main.tf"));
        for (kind, resource, path) in written(&after).difference(&written(before)) {
            count += 1;
            let why = schema::refusal(kind, path, Some(highest(constraint)));
            unknown.extend(why.map(|why| format!("{name}: {resource}: {why}")));
        }
        let wrong =
            if highest(constraint).major >= 6 { "data.aws_region.current.name" } else { "aws_region.current.region" };
        if after.contains(wrong) && !before.contains(wrong) {
            unknown.push(format!("{name}: {wrong}"));
        }
    }
    assert!(unknown.is_empty(), "{constraint}:\n{}", unknown.join("\n"));
    count
}

#[test]
fn fixes_write_what_the_provider_knows() {
    let counts = ["= 3.39.0", "~> 3.0", "~> 4.0", "~> 5.0", "~> 6.0"].map(check);
    // The newer, the more can be written; also the oldest gets much.
    assert!(counts[0] > 500 && counts.is_sorted(), "{counts:?}");
}
