//! Without a data store in a configuration no function is asked into a VPC: over every example of every page, over the
//! fixtures, and over the folders of the directory that `TERRAMEND_CORPUS` names.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use terramend::catalogue::Catalogue;

/// What a private store is declared by, looked for as plain text: more than terramend itself takes for one.
const STORES: [&str; 12] = [
    "aws_db_",
    "aws_rds_",
    "aws_elasticache_",
    "aws_memorydb_",
    "aws_opensearch_",
    "aws_elasticsearch_",
    "aws_redshift",
    "aws_docdb_",
    "aws_neptune_",
    "aws_msk_",
    "aws_dax_",
    "aws_efs_",
];

fn has_store(text: &str) -> bool {
    STORES.iter().any(|store| text.contains(store))
}

fn text_of(directory: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            text += &text_of(&path);
        } else if path.to_string_lossy().contains(".tf") {
            text += &String::from_utf8_lossy(&fs::read(path).unwrap());
        }
    }
    text
}

/// The resources that are asked into a VPC.
fn asked(directory: &Path) -> Vec<String> {
    let output = Command::cargo_bin("terramend")
        .unwrap()
        .args(["scan", "--control", "lambda-vpc", "--format", "json"])
        .arg(directory)
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| format!("{} {}", finding["file"], finding["resource"])).collect()
}

#[test]
fn no_example_without_a_store_is_asked() {
    let scratch = tempfile::tempdir().unwrap();
    let catalogue = Catalogue::built_in().unwrap();
    let mut functions = 0;
    for control in catalogue.controls() {
        for (n, example) in control.examples.iter().enumerate() {
            let text = format!("{}{}", example.common, example.text);
            if has_store(&text) || !text.contains("aws_lambda_function") {
                continue;
            }
            functions += 1;
            let directory = scratch.path().join(format!("{}-{n}", control.id));
            fs::create_dir(&directory).unwrap();
            fs::write(directory.join("common.tf"), &example.common).unwrap();
            fs::write(directory.join(format!("main.{}", example.extension)), &example.text).unwrap();
        }
    }
    assert!(functions > 50, "only {functions} examples have functions");
    assert_eq!(asked(scratch.path()), Vec::<String>::new());
}

#[test]
fn no_folder_without_a_store_is_asked() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/terraform");
    let corpus = std::env::var_os("TERRAMEND_CORPUS").map(PathBuf::from);
    for root in std::iter::once(fixtures).chain(corpus) {
        for entry in fs::read_dir(&root).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() && !has_store(&text_of(&entry.path())) {
                assert_eq!(asked(&entry.path()), Vec::<String>::new());
            }
        }
    }
}
