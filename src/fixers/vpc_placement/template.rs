//! The same in templates: which private database a function connects to, by its environment, and the VPC of that.
//!
//! A template has no fix for it (the role, two groups and the subnets would have to be written); CDK's constructs do.

use crate::catalogue::Context;
use crate::model::{Language, Project, Reference, Resource, Value};

/// Databases that stand in a VPC.
const STORES: [&str; 6] = [
    "AWS::DocDB::DBCluster",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBProxy",
    "AWS::Redshift::Cluster",
];
/// What ties a database to the secret that then holds its address.
const ATTACHMENT: &str = "AWS::SecretsManager::SecretTargetAttachment";
const NETWORK: &str = "AWS::EC2::VPC";
const SUBNET: &str = "AWS::EC2::Subnet";
/// The tag by which CDK says what a subnet is for, and its value for subnets that lead out by NAT.
const PRIVATE: (&str, &str) = ("aws-cdk:subnet-type", "Private");

/// The private database whose endpoint, or whose secret, stands in the function's environment; null when there is none.
pub(in crate::fixers) fn private_store(context: &Context<'_>) -> Value {
    let (project, function) = (context.project, context.resource);
    if project.language == Language::CloudFormation {
        store(project, function).map_or(Value::Null, named)
    } else {
        Value::Null
    }
}

/// The VPC of that database, where it has subnets that lead out by NAT; else null.
pub(in crate::fixers) fn store_network(context: &Context<'_>) -> Value {
    let project = context.project;
    let store = store(project, context.resource);
    let network = store.and_then(|store| network(project, store, 0));
    network.filter(|network| leads_out(project, network)).map_or(Value::Null, named)
}

fn named(resource: &Resource) -> Value {
    Value::Reference(Reference { resource: resource.id, within: Vec::new(), index: None, path: vec!["Ref".into()] })
}

fn store<'p>(project: &'p Project, function: &Resource) -> Option<&'p Resource> {
    let mut found = Vec::new();
    function.body.at("Environment.Variables").each_reference(&mut |reference| {
        let target = project.resource(reference.resource);
        match &*target.kind {
            kind if STORES.contains(&kind) && reference.attribute().contains("Endpoint") => found.push(target),
            ATTACHMENT => target.body.get("TargetId").each_reference(&mut |store| {
                found.push(project.resource(store.resource));
            }),
            _ => {}
        }
    });
    found.retain(|store| STORES.contains(&&*store.kind) && is_private(store));
    found.first().copied()
}

/// Whether only the VPC reaches it, and nobody talks to it through AWS's own API.
fn is_private(store: &Resource) -> bool {
    let is_no = |name: &str| store.body.get(name).is_null() || store.body.get(name).as_bool() == Some(false);
    is_no("PubliclyAccessible") && is_no("EnableHttpEndpoint")
}

/// The VPC of what lies in subnets, through groups of subnets.
fn network<'p>(project: &'p Project, resource: &Resource, depth: usize) -> Option<&'p Resource> {
    const WAYS: [&str; 6] = [
        "DBSubnetGroupName",
        "ClusterSubnetGroupName",
        "SubnetIds",
        "VpcSubnetIds",
        "VpcId",
        "SourceDBClusterIdentifier",
    ];
    if depth > 3 {
        return None;
    }
    let mut found = Vec::new();
    for way in WAYS {
        resource.body.get(way).each_reference(&mut |reference| {
            let target = project.resource(reference.resource);
            if &*target.kind == NETWORK {
                found.push(target);
            } else {
                found.extend(network(project, target, depth + 1));
            }
        });
    }
    found.dedup_by_key(|network| network.id);
    (found.len() == 1).then(|| found[0])
}

fn leads_out(project: &Project, network: &Resource) -> bool {
    project.of_kind(SUBNET).any(|subnet| {
        let is_here = subnet.body.get("VpcId").refers_to(network.id);
        let tags = subnet.body.get("Tags");
        let mut tags = tags.as_list().into_iter().flatten().filter_map(|tag| tag.value.as_map());
        is_here
            && tags
                .any(|tag| tag.get("Key").as_str() == Some(PRIVATE.0) && tag.get("Value").as_str() == Some(PRIVATE.1))
    })
}
