//! What is written to place a function: its group and the ways in, the grant for its interfaces, its place.

use super::TITLE;
use super::endpoints;
use super::site::{Door, Site};
use crate::catalogue::Context;
use crate::fix::{Change, Effect, Fix, Grade};
use crate::fixers::order::after;
use crate::iam::role::{self, Exclusive};
use crate::iam::scope::published;
use crate::model::{Draft, DraftBody, DraftItem, Repeat, Resource, ResourceId, Value};
use crate::network::endpoint::{self, Calls};
use crate::network::group::Inbound;
use crate::network::route::Route;
use crate::network::user::{self, Connection};

/// The managed policy that lets a role make network interfaces.
const POLICY: &str = "AWSLambdaVPCAccessExecutionRole";
/// Managed policies that allow it too.
const ENOUGH: [&str; 5] =
    [POLICY, "AWSLambdaENIManagementAccess", "AmazonEC2FullAccess", "AdministratorAccess", "PowerUserAccess"];
/// The types of rules, newest first.
const RULE: (&str, &str) = ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule");
const OLDER_RULE: &str = "aws_security_group_rule";

/// A fix under construction.
struct Writer<'c, 'a> {
    context: &'c Context<'a>,
    changes: Vec<Change>,
    notes: Vec<String>,
    /// What must be there before the function.
    order: Vec<Draft>,
    /// Whether it calls more than its stores.
    https: bool,
}

/// The whole fix.
pub(super) fn fix(context: &Context<'_>, connections: &[Connection<'_>], site: &Site<'_>) -> Fix {
    let mut writer = Writer { context, changes: Vec::new(), notes: Vec::new(), order: Vec::new(), https: true };
    match writer.write(connections, site) {
        Ok(()) => Fix {
            title: TITLE.into(),
            grade: Grade::Review,
            effect: Effect::Access,
            changes: writer.changes,
            notes: writer.notes,
        },
        Err(reason) => Fix::manual(TITLE, reason),
    }
}

impl Writer<'_, '_> {
    fn write(&mut self, connections: &[Connection<'_>], site: &Site<'_>) -> Result<(), String> {
        let function = self.context.resource;
        let is_call = published::is_call(function);
        if is_call {
            self.refuse_call()?;
        }
        self.outside(site)?;
        let groups = match &site.groups {
            Some(groups) => groups.clone(),
            None => self.group(site)?,
        };
        let content = if is_call {
            DraftBody::arguments([
                ("vpc_subnet_ids", site.subnets.clone()),
                ("vpc_security_group_ids", groups),
                ("attach_network_policy", Draft::Bool(true)),
            ])
        } else {
            self.grant(site)?;
            let place = DraftBody::arguments([("subnet_ids", site.subnets.clone()), ("security_group_ids", groups)]);
            DraftBody::default().with_block("vpc_config", place)
        };
        self.changes.push(Change::Set { resource: function.id, content });
        let order = std::mem::take(&mut self.order);
        if !order.is_empty() {
            self.changes.extend(after(function, order));
        }
        self.close(connections);
        self.notes
            .push("its network interfaces are made at the first deploy, and take up to 40 minutes to remove".into());
        Ok(())
    }

    /// What a call of the module can't be given here.
    fn refuse_call(&self) -> Result<(), String> {
        let call = self.context.project.resource(self.context.resource.id);
        let has = |input: &str| !call.body.get(input).is_null();
        if self.context.project.settle(&call.body.get("create_role")) == Value::Bool(false) || has("lambda_role") {
            return Err(format!("its role is given to the module: it needs {POLICY} first"));
        }
        if call.repeat != Repeat::Once {
            return Err("the module is called for several functions at once".into());
        }
        if has("providers") {
            return Err("the module has a provider of its own: it may be in another region or account".into());
        }
        Ok(())
    }

    /// What becomes of its calls outside of the VPC. Refuses what would cut one off.
    fn outside(&mut self, site: &Site<'_>) -> Result<(), String> {
        let project = self.context.project;
        let mut calls = endpoint::calls(project, self.context.resource);
        self.https = site.route != Route::Isolated || !calls.is_empty();
        if site.route == Route::Nat {
            self.notes.push("its subnets lead out by NAT: what it calls outside goes on".into());
            return Ok(());
        }
        calls.without_endpoints(project, &site.network);
        if let Some(sibling) = site.sibling {
            let known = endpoint::calls(project, sibling);
            calls.services.retain(|service| !known.services.contains(service));
            calls.others.retain(|other| !known.others.contains(other));
        }
        self.changes = endpoints::add(self.context, site, &mut calls)?;
        if !calls.is_empty() {
            return Err(missing(&calls));
        }
        self.notes.push(if self.changes.is_empty() {
            "nothing here leads out of its subnets: it has no internet from then on; no service that it calls without an endpoint was found"
        } else {
            "it has no internet from then on, only the endpoints; those for S3 and DynamoDB are free, others are billed by the hour for each subnet"
        }.into());
        Ok(())
    }

    fn add(&mut self, near: &Resource, kind: &str, name: String, content: DraftBody) -> String {
        let address = format!("{kind}.{name}");
        self.changes.push(Change::Add { near: near.id, kind: kind.into(), name, mirror: true, content });
        address
    }

    /// A security group for the function, and the ways to its stores.
    fn group(&mut self, site: &Site<'_>) -> Result<Draft, String> {
        let function = self.context.resource;
        let first = site.doors.first().ok_or("nothing is known of its stores")?;
        let network = self.context.as_written(first.group, "vpc_id").ok_or("its VPC isn't written here")?;
        let mut content = DraftBody::default();
        let mut set = |name: &str, value| content.items.push((name.to_owned(), DraftItem::Argument(value)));
        if let Some(name) = self.context.as_written(function, "function_name").and_then(prefix) {
            set("name_prefix", name);
        }
        set("description", Draft::string(format!("Function {}", function.name)));
        set("vpc_id", network);
        let group = self.add(function, "aws_security_group", function.name.to_string(), content);
        let id = || Draft::AddedAttribute(group.clone(), "id".into());
        for door in &site.doors {
            self.door(door, &id);
        }
        if self.https {
            let rule = Rule { group: id(), other: None, port: 443, outbound: true, description: "HTTPS".into() };
            let kind = self.kind_of_rule(None, true);
            self.add(function, kind, format!("{}_https", function.name), rule.content(kind));
        }
        Ok(Draft::List(vec![id()]))
    }

    /// The rules between the function's group and a store's.
    fn door(&mut self, door: &Door<'_>, id: &dyn Fn() -> Draft) {
        let function = self.context.resource;
        let (store, theirs_name) = (&door.store.resource.name, &door.group.name);
        let theirs = || Draft::Attribute(door.group.id, "id".into());
        let written = match door.inbound {
            Inbound::Resources(kind) => kind,
            _ => None,
        };
        let kind = self.kind_of_rule(written, true);
        let out = Rule {
            group: id(),
            other: Some(theirs()),
            port: door.port,
            outbound: true,
            description: format!("To {store}"),
        };
        self.add(function, kind, format!("{}_to_{theirs_name}", function.name), out.content(kind));
        if door.open {
            return;
        }
        let description = format!("From function {}", function.name);
        if door.inbound == Inbound::Blocks {
            let content = DraftBody::arguments([
                ("description", Draft::String(description)),
                ("from_port", number(door.port)),
                ("to_port", number(door.port)),
                ("protocol", Draft::string("tcp")),
                ("security_groups", Draft::List(vec![id()])),
            ]);
            self.changes.push(Change::AppendBlock { resource: door.group.id, name: "ingress".into(), content });
            return;
        }
        let kind = self.kind_of_rule(written, false);
        let rule = Rule { group: theirs(), other: Some(id()), port: door.port, outbound: false, description };
        self.add(function, kind, format!("{theirs_name}_from_{}", function.name), rule.content(kind));
    }

    fn kind_of_rule(&self, written: Option<&'static str>, outbound: bool) -> &'static str {
        let provider = self.context.project.provider(self.context.resource.instance);
        let newest = if outbound { RULE.1 } else { RULE.0 };
        if written == Some(OLDER_RULE) || (provider.major, provider.minor) < (4, 56) { OLDER_RULE } else { newest }
    }

    /// Lets the role make network interfaces.
    fn grant(&mut self, site: &Site<'_>) -> Result<(), String> {
        let (project, function) = (self.context.project, self.context.resource);
        let Some(role) = role::named(project, function, "role") else {
            let own = function.body.get("role");
            let mut inside = project.of_kind("aws_lambda_function").chain(site.sibling);
            let granted = inside.any(|other| {
                other.id != function.id
                    && user::is_inside(project, other) != Some(false)
                    && other.body.get("role").equals(&own) == Some(true)
            });
            return granted.then_some(()).ok_or_else(|| format!("its role stands elsewhere: it needs {POLICY} first"));
        };
        let grants = role::grants(project, role);
        if grants.allows("ec2:CreateNetworkInterface", &ENOUGH) {
            return Ok(());
        }
        let arn = Draft::Text(vec![
            Draft::string("arn:"),
            super::super::partition(project, function.instance),
            Draft::string(format!(":iam::aws:policy/service-role/{POLICY}")),
        ]);
        match grants.exclusive {
            Some(Exclusive::Argument) => {
                let argument = "managed_policy_arns".into();
                self.changes.push(Change::Append { resource: role.id, argument, value: arn });
            }
            Some(Exclusive::Resource(id)) => {
                self.changes.push(Change::Append { resource: id, argument: "policy_arns".into(), value: arn });
                self.wait_for(id);
            }
            None => {
                let content =
                    DraftBody::arguments([("role", Draft::Attribute(role.id, "name".into())), ("policy_arn", arn)]);
                let added = self.add(role, "aws_iam_role_policy_attachment", format!("{}_vpc", role.name), content);
                self.order.push(Draft::AddedAttribute(added, String::new()));
            }
        }
        let shared = project.users_of(role).any(|user| &*user.kind == "aws_lambda_function" && user.id != function.id);
        if shared {
            self.notes
                .push(format!("{} serves others too: they may then make network interfaces as well", role.address()));
        }
        Ok(())
    }

    fn wait_for(&mut self, id: ResourceId) {
        if !self.context.resource.body.get("depends_on").refers_to(id) {
            let address = self.context.project.resource(id).address();
            self.order.push(Draft::AddedAttribute(address, String::new()));
        }
    }

    /// Closes stores that were open to the internet, when nobody is left outside.
    fn close(&mut self, connections: &[Connection<'_>]) {
        let project = self.context.project;
        for connection in connections {
            let store = connection.store;
            let outside = user::outside(project, store).any(|other| other.span != self.context.resource.span);
            let opened = store.opened(project);
            if outside || opened.is_empty() {
                continue;
            }
            for id in opened {
                let content = DraftBody::arguments([("publicly_accessible", Draft::Bool(false))]);
                self.changes.push(Change::Set { resource: id, content });
            }
            let address = store.resource.address();
            self.notes.push(format!("{address} becomes private: whoever else reaches it over the internet loses it"));
        }
    }
}

/// Why a function that calls these can't be placed in subnets that lead nowhere.
fn missing(calls: &Calls) -> String {
    let kind = |gateway: bool| {
        let names = calls.services.iter().filter(|service| service.gateway == gateway);
        names.map(|service| service.name).collect::<Vec<_>>().join(", ")
    };
    let mut needs = Vec::new();
    for (names, what) in [(kind(true), "gateway endpoints for"), (kind(false), "interface endpoints for")] {
        needs.extend((!names.is_empty()).then(|| format!("{what} {names}")));
    }
    needs.extend((!calls.others.is_empty()).then(|| format!("a way to {}", calls.others.join(", "))));
    let option = if calls.others.is_empty() { " (the option `endpoints` adds them)" } else { "" };
    let needs = needs.join(", ");
    format!(
        "nothing here leads out of its subnets, and it may call other services: it needs a NAT gateway, or {needs}{option}"
    )
}

/// A rule between two groups, or from a group to everywhere.
struct Rule {
    group: Draft,
    other: Option<Draft>,
    port: u16,
    outbound: bool,
    description: String,
}

impl Rule {
    fn content(self, kind: &str) -> DraftBody {
        let older = kind == OLDER_RULE;
        let mut content = DraftBody::default();
        let mut set = |name: &str, value| content.items.push((name.to_owned(), DraftItem::Argument(value)));
        set("description", Draft::String(self.description));
        if older {
            set("type", Draft::string(if self.outbound { "egress" } else { "ingress" }));
        }
        set("security_group_id", self.group);
        match self.other {
            Some(other) => set(if older { "source_security_group_id" } else { "referenced_security_group_id" }, other),
            None if older => set("cidr_blocks", Draft::List(vec![Draft::string("0.0.0.0/0")])),
            None => set("cidr_ipv4", Draft::string("0.0.0.0/0")),
        }
        set(if older { "protocol" } else { "ip_protocol" }, Draft::string("tcp"));
        set("from_port", number(self.port));
        set("to_port", number(self.port));
        content
    }
}

fn number(port: u16) -> Draft {
    Draft::Number(port.to_string())
}

/// A prefix for the name of the group; names that begin with `sg-` are refused by AWS.
fn prefix(name: Draft) -> Option<Draft> {
    match name {
        Draft::String(name) if name.starts_with("sg-") => None,
        Draft::String(name) => Some(Draft::String(format!("{name}-"))),
        other => Some(Draft::Text(vec![other, Draft::string("-")])),
    }
}
