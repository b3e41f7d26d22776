//! Facts on networks that pages ask for: who is outside, who uses the default group, what a subnet is for.

use crate::catalogue::Context;
use crate::model::{Mode, Project, Resource, Value};
use crate::network::route::{self, Route};
use crate::network::{store, user};

/// The function outside of the VPC that connects to a store: its address, null when there is none.
pub(super) fn outside_user(context: &Context<'_>) -> Value {
    let store = store::of(context.project, context.resource);
    let outside = store.and_then(|store| user::outside(context.project, store).next());
    outside.map_or(Value::Null, |function| Value::string(function.address()))
}

/// Resource types that take the default group of their VPC when they name none, with the path of the argument, and that
/// of the subnet or the subnet group that says which VPC.
const GROUPED: [(&str, &[&str], &str); 27] = [
    (
        "aws_instance",
        &["vpc_security_group_ids", "security_groups", "network_interface", "launch_template"],
        "subnet_id",
    ),
    ("aws_network_interface", &["security_groups"], "subnet_id"),
    ("aws_launch_template", &["vpc_security_group_ids", "network_interfaces", "security_group_names"], ""),
    ("aws_lb", &["security_groups"], "subnets"),
    ("aws_alb", &["security_groups"], "subnets"),
    ("aws_elb", &["security_groups"], "subnets"),
    ("aws_vpc_endpoint", &["security_group_ids"], "vpc_id"),
    ("aws_ecs_service", &["network_configuration.security_groups"], "network_configuration.subnets"),
    ("aws_efs_mount_target", &["security_groups"], "subnet_id"),
    ("aws_db_instance", &["vpc_security_group_ids"], "db_subnet_group_name"),
    ("aws_rds_cluster", &["vpc_security_group_ids"], "db_subnet_group_name"),
    ("aws_db_proxy", &["vpc_security_group_ids"], "vpc_subnet_ids"),
    ("aws_db_proxy_endpoint", &["vpc_security_group_ids"], "vpc_subnet_ids"),
    ("aws_docdb_cluster", &["vpc_security_group_ids"], "db_subnet_group_name"),
    ("aws_neptune_cluster", &["vpc_security_group_ids"], "neptune_subnet_group_name"),
    ("aws_redshift_cluster", &["vpc_security_group_ids"], "cluster_subnet_group_name"),
    ("aws_redshiftserverless_workgroup", &["security_group_ids"], "subnet_ids"),
    ("aws_elasticache_cluster", &["security_group_ids", "replication_group_id"], "subnet_group_name"),
    ("aws_elasticache_replication_group", &["security_group_ids"], "subnet_group_name"),
    ("aws_elasticache_serverless_cache", &["security_group_ids"], "subnet_ids"),
    ("aws_memorydb_cluster", &["security_group_ids"], "subnet_group_name"),
    ("aws_dax_cluster", &["security_group_ids"], "subnet_group_name"),
    ("aws_opensearch_domain", &["vpc_options.security_group_ids"], "vpc_options.subnet_ids"),
    ("aws_elasticsearch_domain", &["vpc_options.security_group_ids"], "vpc_options.subnet_ids"),
    ("aws_mq_broker", &["security_groups"], "subnet_ids"),
    ("aws_msk_serverless_cluster", &["vpc_config.security_group_ids"], "vpc_config.subnet_ids"),
    ("aws_dms_replication_instance", &["vpc_security_group_ids"], "replication_subnet_group_id"),
];

/// Types that name the default group only to write its rules, or nothing that takes a group.
const NO_MEMBERS: [&str; 21] = [
    "aws_default_security_group",
    "aws_default_network_acl",
    "aws_default_route_table",
    "aws_db_subnet_group",
    "aws_docdb_subnet_group",
    "aws_neptune_subnet_group",
    "aws_redshift_subnet_group",
    "aws_elasticache_subnet_group",
    "aws_memorydb_subnet_group",
    "aws_dax_subnet_group",
    "aws_flow_log",
    "aws_internet_gateway",
    "aws_egress_only_internet_gateway",
    "aws_nat_gateway",
    "aws_network_acl",
    "aws_route",
    "aws_route_table",
    "aws_route_table_association",
    "aws_security_group",
    "aws_subnet",
    "aws_lambda_function",
];

/// Who uses the default group of a VPC, or may: an address, or what can't be read. Null when nothing does.
pub(super) fn default_group_user(context: &Context<'_>) -> Value {
    let (project, network) = (context.project, context.resource);
    let user = handed_out(project, network)
        .or_else(|| names_default_group(project, network))
        .or_else(|| takes_default_group(project, network))
        .or_else(|| unknown_neighbour(project, network));
    user.map_or(Value::Null, Value::string)
}

/// The VPC and its subnets.
fn parts<'a>(project: &'a Project, network: &'a Resource) -> Vec<&'a Resource> {
    let subnets = project.of_kind("aws_subnet").filter(|subnet| subnet.body.get("vpc_id").refers_to(network.id));
    std::iter::once(network).chain(subnets).collect()
}

fn handed_out(project: &Project, network: &Resource) -> Option<String> {
    let mut parts = parts(project, network).into_iter();
    parts.find_map(|part| project.handed_out(part.id).or_else(|| project.unread_mention(part)))
}

fn names_default_group(project: &Project, network: &Resource) -> Option<String> {
    let mut users = project.users_of(network);
    users.find_map(|user| {
        let mut named = false;
        user.body.each_place(&mut |_, reference| {
            named |= reference.resource == network.id && reference.attribute() == "default_security_group_id";
        });
        named.then(|| user.address())
    })
}

/// A resource without a group of its own that stands in the VPC, or may.
fn takes_default_group(project: &Project, network: &Resource) -> Option<String> {
    let mut candidates =
        GROUPED.iter().flat_map(|(kind, groups, place)| project.of_kind(kind).map(move |r| (r, groups, place)));
    candidates.find_map(|(resource, groups, place)| {
        let has_own = groups.iter().any(|path| resource.body.at(path).is_present() != Some(false));
        let elsewhere = !place.is_empty() && is_in(project, &resource.body.at(place), network) == Some(false);
        let takes_none = match &*resource.kind {
            "aws_vpc_endpoint" => !matches!(resource.body.get("vpc_endpoint_type").as_str(), Some("Interface")),
            "aws_lb" | "aws_alb" => resource.body.get("load_balancer_type").as_str() == Some("network"),
            _ => false,
        };
        (!has_own && !elsewhere && !takes_none).then(|| resource.address())
    })
}

/// Whether a value places something in a VPC: by the VPC's id, a subnet, or a group of subnets.
fn is_in(project: &Project, place: &Value, network: &Resource) -> Option<bool> {
    match place {
        // Without a place: in the default VPC, which isn't declared.
        Value::Null => Some(false),
        Value::Reference(reference) => {
            let there = project.resource(reference.resource);
            match &*there.kind {
                "aws_vpc" => Some(there.id == network.id),
                "aws_subnet" => is_in(project, &there.body.get("vpc_id"), network),
                kind if kind.ends_with("_subnet_group") => is_in(project, &there.body.get("subnet_ids"), network),
                _ => None,
            }
        }
        Value::List(items) => items.first().map_or(Some(false), |item| is_in(project, &item.value, network)),
        _ => None,
    }
}

/// Something in the VPC of which it isn't known whether it takes a group.
fn unknown_neighbour(project: &Project, network: &Resource) -> Option<String> {
    let known = |user: &Resource| {
        NO_MEMBERS.contains(&&*user.kind)
            || GROUPED.iter().any(|(kind, ..)| *kind == &*user.kind)
            || brings_groups(user)
    };
    let parts = parts(project, network);
    let mut users = parts.iter().flat_map(|part| project.users_of(part));
    users.find(|user| !known(user)).map(Resource::address)
}

/// Whether what isn't known by its type names security groups, or is only read, or isn't in a VPC at all.
fn brings_groups(user: &Resource) -> bool {
    let names = |name: &str| name.contains("security_group");
    let mut has =
        user.mode == Mode::Data && &*user.kind != "aws_security_group" && &*user.kind != "aws_security_groups";
    for entry in &user.body.entries {
        has |= names(&entry.name);
        has |= entry.node.value.as_map().is_some_and(|body| body.entries.iter().any(|inner| names(&inner.name)));
    }
    has || [
        "aws_iam_",
        "aws_cloudwatch_",
        "aws_ssm_",
        "aws_route53_",
        "aws_vpc_",
        "aws_lb_target_group",
        "aws_alb_target_group",
    ]
    .iter()
    .any(|start| user.kind.starts_with(start))
}

/// Types that live in a subnet and never take a public address from its setting.
const ADDRESSLESS: [&str; 14] = [
    "aws_lambda_function",
    "aws_db_subnet_group",
    "aws_docdb_subnet_group",
    "aws_neptune_subnet_group",
    "aws_redshift_subnet_group",
    "aws_elasticache_subnet_group",
    "aws_memorydb_subnet_group",
    "aws_dax_subnet_group",
    "aws_db_proxy",
    "aws_efs_mount_target",
    "aws_msk_cluster",
    "aws_route_table_association",
    "aws_vpc_endpoint",
    "aws_elasticache_serverless_cache",
];

/// Types that stand in a subnet and say by themselves whether they have a public address, whatever the subnet does.
const ADDRESSED: [&str; 11] = [
    "aws_alb",
    "aws_apigatewayv2_vpc_link",
    "aws_cloudwatch_event_target",
    "aws_ecs_service",
    "aws_elb",
    "aws_lb",
    "aws_nat_gateway",
    "aws_network_acl",
    "aws_network_acl_association",
    "aws_network_interface",
    "aws_scheduler_schedule",
];

/// What a subnet is for: `"private"` when it leads out by NAT, or when only functions and data stores are in it;
/// `"addressed"` when all that is in it says by itself whether it has a public address; `"public"` when it leads to an
/// internet gateway; else `"unknown"`.
pub(super) fn subnet_use(context: &Context<'_>) -> Value {
    let (project, subnet) = (context.project, context.resource);
    let route = match subnet.mode {
        Mode::Managed => route::of_subnet(project, subnet),
        _ => Route::Unknown,
    };
    Value::string(match route {
        Route::Nat => "private",
        Route::Public if holds_only(project, subnet, has_address_of_its_own) => "addressed",
        Route::Public => "public",
        _ if holds_only(project, subnet, |_, user| ADDRESSLESS.contains(&&*user.kind)) => "private",
        _ if holds_only(project, subnet, has_address_of_its_own) => "addressed",
        _ => "unknown",
    })
}

/// Whether something is in a subnet, and nothing that `fits` refuses, nor anything that isn't known here.
fn holds_only(project: &Project, subnet: &Resource, fits: fn(&Project, &Resource) -> bool) -> bool {
    let users: Vec<&Resource> = project.users_of(subnet).collect();
    let fits = |user: &&Resource| user.mode == Mode::Managed && fits(project, user);
    let inside = users.iter().any(|user| &*user.kind != "aws_route_table_association");
    let all = project.handed_out(subnet.id).is_none() && project.unread_mention(subnet).is_none();
    inside && users.iter().all(fits) && all
}

/// Whether the setting of its subnet doesn't decide on something's public address.
///
/// NOTE: tasks of ECS get one by `assign_public_ip` only, load balancers and NAT gateways by what they are; an instance
/// follows the subnet where it doesn't say it.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-ip-addressing.html>
fn has_address_of_its_own(project: &Project, user: &Resource) -> bool {
    match &*user.kind {
        "aws_instance" => user.body.get("associate_public_ip_address").is_present() == Some(true),
        "aws_batch_compute_environment" => {
            let kind = project.settle(&user.body.at("compute_resources.type"));
            kind.as_str().is_some_and(|kind| kind.starts_with("FARGATE"))
        }
        kind => ADDRESSLESS.contains(&kind) || ADDRESSED.contains(&kind),
    }
}
