//! Where subnets lead: to the internet, to a NAT gateway, or nowhere.

use crate::model::{Body, Mode, Project, Resource, ResourceId, Symbol, Value};

/// How what stands in a subnet, without a public address of its own, reaches the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// A route to an internet gateway: only public addresses get through.
    Public,
    /// A route to a NAT gateway, an appliance or another network.
    Nat,
    /// No route out.
    Isolated,
    /// It isn't written here.
    Unknown,
}

/// The publishers' VPC module, whose outputs name its subnets by their use.
const VPC_MODULE: &str = "module:terraform-aws-modules/vpc/aws";
/// Arguments of a route that lead out over something that translates addresses.
const TRANSLATING: [&str; 5] =
    ["nat_gateway_id", "transit_gateway_id", "network_interface_id", "vpc_endpoint_id", "instance_id"];

/// Where the subnets in a value lead: all of them, or [`Route::Unknown`].
pub fn of_value(project: &Project, value: &Value) -> Route {
    match value {
        Value::List(items) => items
            .iter()
            .map(|item| of_value(project, &item.value))
            .reduce(|a, b| if a == b { a } else { worse(a, b) })
            .unwrap_or(Route::Unknown),
        Value::Reference(reference) => {
            let resource = project.resource(reference.resource);
            match &*resource.kind {
                "aws_subnet" if resource.mode == Mode::Managed => of_subnet(project, resource),
                _ => match project.settle(value) {
                    Value::Reference(same) if same == *reference => Route::Unknown,
                    settled => of_value(project, &settled),
                },
            }
        }
        Value::Symbol(symbol) => of_module(project, symbol),
        _ => Route::Unknown,
    }
}

/// Of different routes the one that lets out less; a public subnet among others counts as public.
fn worse(a: Route, b: Route) -> Route {
    let order = [Route::Public, Route::Unknown, Route::Isolated, Route::Nat];
    order.into_iter().find(|route| *route == a || *route == b).unwrap_or(Route::Unknown)
}

/// `module.vpc.private_subnets` of the published module.
fn of_module(project: &Project, symbol: &Symbol) -> Route {
    let Some((call, output)) = module_output(project, symbol) else { return Route::Unknown };
    let on = |name: &str| call.body.get(name).as_bool();
    let nat = match on("enable_nat_gateway") {
        Some(true) => Route::Nat,
        None if call.body.get("enable_nat_gateway").is_null() => Route::Isolated,
        Some(false) => Route::Isolated,
        None => Route::Unknown,
    };
    match output {
        "private_subnets" => nat,
        "database_subnets" if on("create_database_internet_gateway_route") == Some(true) => Route::Public,
        "database_subnets" | "elasticache_subnets" | "redshift_subnets" => {
            let own = format!("create_{}_route_table", output.trim_end_matches('s'));
            if call.body.get(&own).is_null() { nat } else { Route::Unknown }
        }
        "intra_subnets" => Route::Isolated,
        "public_subnets" => Route::Public,
        _ => Route::Unknown,
    }
}

/// The call and the output of `module.call.output`, of the published VPC module.
pub fn module_output<'a, 'n>(project: &'a Project, symbol: &'n Symbol) -> Option<(&'a Resource, &'n str)> {
    let (call, output) = symbol.name.strip_prefix("module.")?.split_once('.')?;
    let call = project.at(symbol.instance, &format!("module.{call}"))?;
    (&*call.kind == VPC_MODULE).then_some((call, output.split('.').next().unwrap_or(output)))
}

/// Where a subnet leads.
pub fn of_subnet(project: &Project, subnet: &Resource) -> Route {
    let associations = project.of_kind("aws_route_table_association");
    let own: Vec<_> = associations.filter(|a| a.body.get("subnet_id").refers_to(subnet.id)).collect();
    if own.is_empty() {
        return main_table(project, subnet);
    }
    let routes = own.iter().map(|association| match association.body.get("route_table_id") {
        Value::Reference(reference) => of_table(project, project.resource(reference.resource)),
        _ => Route::Unknown,
    });
    routes.reduce(worse).unwrap_or(Route::Unknown)
}

/// The main route table of a VPC leads nowhere, unless something here says otherwise, or others may.
fn main_table(project: &Project, subnet: &Resource) -> Route {
    let Value::Reference(reference) = subnet.body.get("vpc_id") else { return Route::Unknown };
    let network = project.resource(reference.resource);
    let kinds = ["aws_default_route_table", "aws_main_route_table_association", "aws_route"];
    let touched = project.users_of(network).any(|user| kinds.contains(&&*user.kind));
    // An association whose subnet can't be resolved may be this one's.
    let unclear = project.of_kind("aws_route_table_association").any(|association| {
        association.instance == subnet.instance
            && !association.body.get("gateway_id").is_present().unwrap_or(false)
            && !matches!(project.settle(&association.body.get("subnet_id")), Value::Reference(_) | Value::String(_))
    });
    let known = network.mode == Mode::Managed && &*network.kind == "aws_vpc" && !touched && !unclear;
    if known && project.handed_out(network.id).is_none() { Route::Isolated } else { Route::Unknown }
}

fn of_table(project: &Project, table: &Resource) -> Route {
    if table.mode != Mode::Managed {
        return Route::Unknown;
    }
    let separate = project.of_kind("aws_route").filter(|route| route.body.get("route_table_id").refers_to(table.id));
    let mut routes: Vec<Route> = separate.filter_map(|route| default_route(project, &route.body)).collect();
    for entry in table.body.entries.iter().filter(|entry| &*entry.name == "route") {
        match &entry.node.value {
            Value::Map(body) => routes.extend(default_route(project, body)),
            Value::List(items) => {
                routes.extend(items.iter().filter_map(|i| i.value.as_map()).filter_map(|b| default_route(project, b)));
            }
            _ => routes.push(Route::Unknown),
        }
    }
    routes.into_iter().reduce(worse).unwrap_or(Route::Isolated)
}

/// Where a route leads, when it is one for everything.
fn default_route(project: &Project, body: &Body) -> Option<Route> {
    let range =
        ["cidr_block", "destination_cidr_block"].into_iter().map(|name| body.get(name)).find(|v| !v.is_null())?;
    if project.settle(&range).as_str().is_some_and(|range| range != "0.0.0.0/0") {
        return None;
    }
    if TRANSLATING.iter().any(|name| body.get(name).is_present() == Some(true)) {
        return Some(Route::Nat);
    }
    let Value::Reference(gateway) = body.get("gateway_id") else { return Some(Route::Unknown) };
    let is_gateway = &*project.resource(gateway.resource).kind == "aws_internet_gateway";
    Some(if is_gateway { Route::Public } else { Route::Unknown })
}

/// The route tables of the subnets in a value; nothing unless all are declared.
pub fn tables(project: &Project, subnets: &Value) -> Option<Vec<ResourceId>> {
    let settled = project.settle(subnets);
    let mut named = Vec::new();
    subnets.each_reference(&mut |reference| named.push(reference.resource));
    settled.each_reference(&mut |reference| named.push(reference.resource));
    named.retain(|id| &*project.resource(*id).kind == "aws_subnet");
    let mut found = Vec::new();
    for subnet in named {
        let associations = project.of_kind("aws_route_table_association");
        let mut own = associations.filter(|a| a.body.get("subnet_id").refers_to(subnet)).peekable();
        own.peek()?;
        for association in own {
            let Value::Reference(table) = association.body.get("route_table_id") else { return None };
            if !found.contains(&table.resource) {
                found.push(table.resource);
            }
        }
    }
    Some(found)
}
