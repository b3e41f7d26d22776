//! Security groups: how their rules are written, whom they admit, who has them.

use crate::model::companion::Tie;
use crate::model::{Body, Form, Mode, Project, Resource, ResourceId, Value};

/// How the inbound rules of a group are written. Both ways beside each other undo each other at every deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbound {
    /// As blocks of the group.
    Blocks,
    /// As resources of their own, of this type when there are some.
    Resources(Option<&'static str>),
    /// In a way that can't be extended.
    Other,
}

/// Types of rules of their own, with the argument that names the other group.
const RULES: [(&str, &str); 3] = [
    ("aws_vpc_security_group_ingress_rule", "referenced_security_group_id"),
    ("aws_security_group_rule", "source_security_group_id"),
    ("aws_vpc_security_group_egress_rule", "referenced_security_group_id"),
];

/// How the inbound rules of a group are written.
pub fn inbound(project: &Project, group: &Resource) -> Inbound {
    let mut written = group.body.entries.iter().filter(|entry| &*entry.name == "ingress").peekable();
    if written.peek().is_some() {
        let blocks = written.all(|entry| entry.form == Form::Block);
        return if blocks { Inbound::Blocks } else { Inbound::Other };
    }
    let kinds = RULES[..2].iter().map(|(kind, _)| *kind);
    Inbound::Resources(kinds.into_iter().find(|kind| !of_group(project, group, kind).is_empty()))
}

fn of_group<'a>(project: &'a Project, group: &Resource, kind: &str) -> Vec<&'a Resource> {
    let tie = Tie { kind, by: "security_group_id", name: "id" };
    project.companions(group, tie).found.into_iter().map(|id| project.resource(id)).collect()
}

/// The bodies of the rules in one direction, with the names of the arguments that list groups and addresses.
fn rules<'a>(project: &'a Project, group: &'a Resource, outbound: bool) -> Vec<(&'a Body, &'static str, &'static str)> {
    let (direction, own) = if outbound { ("egress", 2) } else { ("ingress", 0) };
    let mut found: Vec<_> = group.body.blocks(direction).map(|body| (body, "security_groups", "cidr_blocks")).collect();
    let separate = of_group(project, group, RULES[own].0);
    found.extend(separate.into_iter().map(|rule| (&rule.body, RULES[own].1, "cidr_ipv4")));
    let older = of_group(project, group, RULES[1].0).into_iter();
    let older = older.filter(|rule| rule.body.get("type").as_str() == Some(direction));
    found.extend(older.map(|rule| (&rule.body, RULES[1].1, "cidr_blocks")));
    found
}

/// Whether a rule certainly covers a port of TCP.
fn covers(body: &Body, port: u16) -> bool {
    let protocol = if body.get("protocol").is_null() { body.get("ip_protocol") } else { body.get("protocol") };
    let protocol = protocol.as_str().map(str::to_owned).or(protocol.as_number().map(|n| n.to_string()));
    let number = |name: &str| body.get(name).as_number();
    match protocol.as_deref() {
        Some("-1" | "all") => true,
        Some("tcp" | "TCP" | "6") => {
            let port = f64::from(port);
            number("from_port").is_some_and(|from| from <= port) && number("to_port").is_some_and(|to| to >= port)
        }
        _ => false,
    }
}

/// The groups whose members reach a port of the group's members, by a rule that names them.
pub fn admitted<'a>(project: &'a Project, group: &'a Resource, port: u16) -> Vec<&'a Resource> {
    let mut found = Vec::new();
    for (body, groups, _) in rules(project, group, false).into_iter().filter(|(body, ..)| covers(body, port)) {
        body.get(groups).each_reference(&mut |reference| found.push(reference.resource));
    }
    let groups = found.into_iter().map(|id| project.resource(id));
    groups.filter(|group| &*group.kind == "aws_security_group" && group.mode == Mode::Managed).collect()
}

/// Whether everything in the group's VPC reaches a port of its members, by the range of the VPC.
pub fn admits_network(project: &Project, group: &Resource, port: u16) -> bool {
    let covering = rules(project, group, false).into_iter().filter(|(body, ..)| covers(body, port));
    covering.into_iter().any(|(body, _, ranges)| {
        let mut whole = false;
        body.get(ranges).each_reference(&mut |reference| {
            let network = project.resource(reference.resource);
            whole |= &*network.kind == "aws_vpc" && reference.attribute() == "cidr_block";
        });
        whole
    })
}

/// Whether members of a group may connect to a port of members of another one.
pub fn lets_out(project: &Project, group: &Resource, to: ResourceId, port: u16) -> bool {
    let covering = rules(project, group, true).into_iter().filter(|(body, ..)| covers(body, port));
    covering.into_iter().any(|(body, groups, ranges)| {
        let range = body.get(ranges);
        let everywhere = match &range {
            Value::List(items) => items.iter().any(|item| item.value.as_str() == Some("0.0.0.0/0")),
            single => single.as_str() == Some("0.0.0.0/0"),
        };
        everywhere || body.get(groups).refers_to(to)
    })
}

/// The resources that have a group, rules and other groups apart.
pub fn members<'a>(project: &'a Project, group: &'a Resource) -> impl Iterator<Item = &'a Resource> + use<'a> {
    let is_rule = |resource: &&Resource| {
        &*resource.kind == "aws_security_group" || RULES.iter().any(|(kind, _)| *kind == &*resource.kind)
    };
    project.users_of(group).filter(move |resource| !is_rule(resource))
}
