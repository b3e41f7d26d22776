//! Where a function is placed: subnets and group, of what the configuration has.

use crate::catalogue::Context;
use crate::model::{Draft, Mode, Repeat, Resource, Symbol, Value};
use crate::network::group::{self, Inbound};
use crate::network::route::{self, Route};
use crate::network::store::{Store, Subnets};
use crate::network::user::{self, Connection};

/// Where a function is placed.
pub(super) struct Site<'a> {
    /// The list of its subnets.
    pub(super) subnets: Draft,
    /// The same, as far as it is known.
    pub(super) known: Value,
    /// Where they lead.
    pub(super) route: Route,
    /// Its security groups, when it takes those that are there.
    pub(super) groups: Option<Draft>,
    /// The stores and what must be opened for it, when it gets a group of its own.
    pub(super) doors: Vec<Door<'a>>,
    /// The VPC: of the first store's group.
    pub(super) network: Value,
    /// A function that runs there already and connects to the same.
    pub(super) sibling: Option<&'a Resource>,
}

/// The way into a store.
pub(super) struct Door<'a> {
    pub(super) store: Store<'a>,
    pub(super) group: &'a Resource,
    pub(super) inbound: Inbound,
    pub(super) port: u16,
    /// Whether the whole VPC is admitted already.
    pub(super) open: bool,
}

impl<'a> Site<'a> {
    /// Where a function with these connections is placed, or why nowhere.
    pub(super) fn find(context: &Context<'a>, connections: &[Connection<'a>]) -> Result<Self, String> {
        if let Some(site) = beside_sibling(context, connections) {
            return Ok(site);
        }
        let function = context.resource;
        let doors: Vec<Door<'a>> =
            connections.iter().map(|connection| door(context, function, connection)).collect::<Result<_, _>>()?;
        let first = doors.first().ok_or("nothing is known of its stores")?;
        let network = first.group.body.get("vpc_id");
        if network.is_null() || is_default(context, &network) {
            return Err(format!("{} is in the default VPC, whose subnets are public", first.group.address()));
        }
        if let Some(other) = doors.iter().find(|door| door.group.body.get("vpc_id").equals(&network) != Some(true)) {
            return Err(format!("{} may be in another VPC: a function runs in one", other.store.resource.address()));
        }
        let (subnets, known, route) = subnets(context, first, &network)?;
        let groups = ready_group(context, &doors);
        Ok(Self { subnets, known, route, groups, doors, network, sibling: None })
    }
}

/// Whether a VPC is the one that AWS made: all of its subnets are public.
fn is_default(context: &Context<'_>, network: &Value) -> bool {
    let Value::Reference(reference) = network else { return false };
    let network = context.project.resource(reference.resource);
    &*network.kind == "aws_default_vpc"
        || network.mode == Mode::Data && context.project.settle(&network.body.get("default")).as_bool() == Some(true)
}

/// The place of a function beside it that connects to all of the same stores.
fn beside_sibling<'a>(context: &Context<'a>, connections: &[Connection<'a>]) -> Option<Site<'a>> {
    let project = context.project;
    let connects = |function: &Resource| {
        let own = user::connections(project, function);
        connections.iter().all(|connection| own.iter().any(|other| other.store == connection.store))
    };
    let sibling = project.of_kind("aws_lambda_function").find(|other| {
        other.instance == context.resource.instance
            && other.id != context.resource.id
            && other.repeat == Repeat::Once
            && user::is_inside(project, other) != Some(false)
            && connects(other)
    })?;
    let known = sibling.body.at("vpc_config.subnet_ids");
    Some(Site {
        subnets: context.as_written(sibling, "vpc_config.subnet_ids")?,
        route: route::of_value(project, &known),
        known,
        groups: Some(context.as_written(sibling, "vpc_config.security_group_ids")?),
        doors: Vec::new(),
        network: Value::Unknown,
        sibling: Some(sibling),
    })
}

/// The group and the port of a store.
fn door<'a>(context: &Context<'a>, function: &Resource, connection: &Connection<'a>) -> Result<Door<'a>, String> {
    let project = context.project;
    let store = connection.store;
    let address = store.resource.address();
    if store.resource.instance != function.instance {
        return Err(format!(
            "{address} stands in another module: its subnets and its group would have to be passed in"
        ));
    }
    if !project.stand_together(function, store.resource) {
        return Err(format!("{address} may be in another region or account"));
    }
    let listed = store.resource.body.at(store.kind.groups);
    if listed.is_null() {
        return Err(format!("{address} names no security group: give it one of its own"));
    }
    let mut declared = Vec::new();
    listed.each_reference(&mut |reference| declared.push(project.resource(reference.resource)));
    declared.retain(|group| {
        &*group.kind == "aws_security_group" && group.mode == Mode::Managed && group.instance == function.instance
    });
    let port =
        store.port(project, &connection.attribute).ok_or_else(|| format!("the port of {address} isn't known"))?;
    // The group that has rules for the port is the one for clients.
    let for_clients = declared.iter().find(|group| !group::admitted(project, group, port).is_empty());
    let group = for_clients.or(declared.first()).copied();
    let group = group.ok_or_else(|| format!("the security group of {address} isn't declared beside it"))?;
    let inbound = group::inbound(project, group);
    match inbound {
        Inbound::Other => Err(format!("the rules of {} are put together by an expression", group.address())),
        Inbound::Blocks if function.repeat != Repeat::Once => {
            Err(format!("the functions are repeated, and {} has its rules as blocks", group.address()))
        }
        _ => Ok(Door { store, group, inbound, port, open: group::admits_network(project, group, port) }),
    }
}

/// A group that the stores admit already, and that functions have or that is meant for them.
fn ready_group(context: &Context<'_>, doors: &[Door<'_>]) -> Option<Draft> {
    let project = context.project;
    let (first, rest) = doors.split_first()?;
    let is_for_functions = |candidate: &Resource| {
        let mut members = group::members(project, candidate).peekable();
        let named = ["lambda", "function"].iter().any(|word| candidate.name.to_lowercase().contains(word));
        (members.peek().is_some() || named) && members.all(|member| &*member.kind == "aws_lambda_function")
    };
    let works = |candidate: &Resource, door: &Door<'_>| {
        group::admitted(project, door.group, door.port).iter().any(|admitted| admitted.id == candidate.id)
            && group::lets_out(project, candidate, door.group.id, door.port)
    };
    let candidates = group::admitted(project, first.group, first.port);
    let ready = candidates.into_iter().find(|candidate| {
        candidate.repeat == Repeat::Once
            && candidate.instance == context.resource.instance
            && group::lets_out(project, candidate, first.group.id, first.port)
            && rest.iter().all(|door| works(candidate, door))
            && is_for_functions(candidate)
    })?;
    Some(Draft::List(vec![Draft::Attribute(ready.id, "id".into())]))
}

type Placed = (Draft, Value, Route);

/// The subnets: the store's own when they lead out by NAT, else others of the VPC that do, else the store's own unless
/// they are public.
fn subnets(context: &Context<'_>, door: &Door<'_>, network: &Value) -> Result<Placed, String> {
    let project = context.project;
    let address = door.store.resource.address();
    let own = own_subnets(context, door.store).map(|(draft, known)| {
        let route = route::of_value(project, &known);
        (draft, known, route)
    });
    if let Some(placed) = own.as_ref().filter(|(_, _, route)| *route == Route::Nat) {
        return Ok(placed.clone());
    }
    if let Some(placed) = of_network(context, network, Route::Nat) {
        return Ok(placed);
    }
    match own {
        None => Err(format!("the subnets of {address} are not written here")),
        Some((_, _, Route::Public)) => of_network(context, network, Route::Isolated).ok_or_else(|| {
            format!("the subnets of {address} are public, and a function in such a one reaches nothing outside of the VPC: make private ones first")
        }),
        Some(placed) => Ok(placed),
    }
}

/// The subnets of a VPC that lead this way.
fn of_network(context: &Context<'_>, network: &Value, wanted: Route) -> Option<Placed> {
    let project = context.project;
    if let Value::Symbol(symbol) = network {
        return of_module(context, symbol, wanted);
    }
    let found: Vec<&Resource> = project
        .of_kind("aws_subnet")
        .filter(|subnet| subnet.instance == context.resource.instance)
        .filter(|subnet| subnet.body.get("vpc_id").equals(network) == Some(true))
        .filter(|subnet| route::of_subnet(project, subnet) == wanted)
        .collect();
    let known = |subnet: &Resource| {
        Value::Reference(crate::model::Reference {
            resource: subnet.id,
            within: Vec::new(),
            index: None,
            path: vec!["id".into()],
        })
    };
    if let Some(repeated) = found.iter().find(|subnet| subnet.repeat != Repeat::Once) {
        return Some((Draft::Each(repeated.id, "id".into()), known(repeated), wanted));
    }
    let first = found.first()?;
    let ids = found.iter().map(|subnet| Draft::Attribute(subnet.id, "id".into()));
    Some((Draft::List(ids.collect()), known(first), wanted))
}

/// The private subnets of the published VPC module.
fn of_module(context: &Context<'_>, network: &Symbol, wanted: Route) -> Option<Placed> {
    let (call, _) = route::module_output(context.project, network)?;
    let output = if wanted == Route::Nat { "private_subnets" } else { "intra_subnets" };
    call.body.get(output).is_present().filter(|present| *present)?;
    let known =
        Value::Symbol(Symbol { name: format!("{}.{output}", call.address()).into(), instance: network.instance });
    let leads = route::of_value(context.project, &known);
    (leads == wanted).then(|| (Draft::Attribute(call.id, output.into()), known, wanted))
}

/// The subnets of a store as they are to be written, and as far as they are known.
fn own_subnets(context: &Context<'_>, store: Store<'_>) -> Option<(Draft, Value)> {
    let project = context.project;
    let resource = store.resource;
    match store.kind.subnets {
        Subnets::Own("subnet_id") => Some(mount_targets(context, resource)),
        Subnets::Own(path) => Some((context.as_written(resource, path)?, resource.body.at(path))),
        Subnets::Group(argument, kind) => match resource.body.get(argument) {
            Value::Reference(reference) => {
                let group = project.resource(reference.resource);
                (&*group.kind == kind).then(|| attribute_of(group))
            }
            Value::Symbol(symbol) => {
                let (call, output) = route::module_output(project, &symbol)?;
                let output = format!("{}s", output.trim_end_matches("_name").trim_end_matches("_group"));
                let known = Symbol { name: format!("{}.{output}", call.address()).into(), instance: symbol.instance };
                Some((Draft::Attribute(call.id, output), Value::Symbol(known)))
            }
            Value::String(name) => {
                let mut groups = project.of_kind(kind).filter(|group| group.instance == resource.instance);
                let group = groups.find(|group| project.settle(&group.body.get("name")).as_str() == Some(&*name))?;
                Some(attribute_of(group))
            }
            _ => None,
        },
    }
}

fn attribute_of(group: &Resource) -> (Draft, Value) {
    (Draft::Attribute(group.id, "subnet_ids".into()), group.body.get("subnet_ids"))
}

/// The subnets of all mount targets of a file system; by the targets, so that those exist first.
fn mount_targets(context: &Context<'_>, target: &Resource) -> (Draft, Value) {
    let known = target.body.get("subnet_id");
    if target.repeat != Repeat::Once {
        return (Draft::Each(target.id, "subnet_id".into()), known);
    }
    let system = target.body.get("file_system_id");
    let all = context.project.of_kind("aws_efs_mount_target").filter(|other| {
        other.instance == target.instance && other.body.get("file_system_id").equals(&system) == Some(true)
    });
    let ids: Vec<Draft> = all.map(|other| Draft::Attribute(other.id, "subnet_id".into())).collect();
    (Draft::List(ids), known)
}
