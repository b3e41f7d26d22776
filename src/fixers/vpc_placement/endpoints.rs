//! Endpoints for what a function calls, where the user's configuration asks for them.

use super::site::Site;
use crate::catalogue::Context;
use crate::fix::Change;
use crate::model::{Draft, DraftBody, DraftItem, Mode, Repeat, Resource, Value};
use crate::network::endpoint::{Calls, Service};
use crate::network::route;

/// The endpoints that are missing, or why they can't be written.
pub(super) fn add(context: &Context<'_>, site: &Site<'_>, calls: &mut Calls) -> Result<Vec<Change>, String> {
    let wanted = context.option("endpoints");
    let is_wanted = |service: &Service| match wanted.as_str() {
        Some("all") => true,
        Some("gateway") => service.gateway,
        _ => false,
    };
    let services: Vec<&'static Service> = calls.services.iter().copied().filter(|s| is_wanted(s)).collect();
    if services.is_empty() {
        return Ok(Vec::new());
    }
    let network = network(context, site).ok_or("its VPC isn't declared beside it: endpoints can't be written")?;
    let (region, data) = super::super::region(context.project, network);
    let mut changes: Vec<Change> = data.into_iter().collect();
    let mut group = None;
    for service in services {
        let name = Draft::Text(vec![
            Draft::string("com.amazonaws."),
            region.clone(),
            Draft::string(format!(".{}", service.name)),
        ]);
        let mut content = DraftBody::arguments([("vpc_id", id_of(network)), ("service_name", name)]);
        let mut set = |name: &str, value| content.items.push((name.to_owned(), DraftItem::Argument(value)));
        if service.gateway {
            set("route_table_ids", tables(context, site)?);
        } else {
            let address = group.get_or_insert_with(|| {
                let (address, change) = endpoint_group(network);
                changes.push(change);
                address
            });
            set("vpc_endpoint_type", Draft::string("Interface"));
            set("private_dns_enabled", Draft::Bool(true));
            set("subnet_ids", site.subnets.clone());
            set("security_group_ids", Draft::List(vec![Draft::AddedAttribute(address.clone(), "id".into())]));
        }
        let name = format!("{}_{}", network.name, service.name.replace('-', "_"));
        changes.push(Change::Add { near: network.id, kind: "aws_vpc_endpoint".into(), name, mirror: true, content });
    }
    calls.services.retain(|service| !is_wanted(service));
    Ok(changes)
}

fn id_of(network: &Resource) -> Draft {
    Draft::Attribute(network.id, "id".into())
}

/// The VPC, when it is declared in the function's module, once.
fn network<'a>(context: &Context<'a>, site: &Site<'_>) -> Option<&'a Resource> {
    let Value::Reference(reference) = &site.network else { return None };
    let network = context.project.resource(reference.resource);
    let declared = &*network.kind == "aws_vpc" && network.mode == Mode::Managed && network.repeat == Repeat::Once;
    (declared && network.instance == context.resource.instance).then_some(network)
}

fn tables(context: &Context<'_>, site: &Site<'_>) -> Result<Draft, String> {
    let tables = route::tables(context.project, &site.known).filter(|tables| !tables.is_empty());
    let tables =
        tables.ok_or("the route tables of its subnets are not declared here: a gateway endpoint needs them")?;
    Ok(Draft::List(tables.into_iter().map(|id| Draft::Attribute(id, "id".into())).collect()))
}

/// A group for interface endpoints, for everything in the VPC.
fn endpoint_group(network: &Resource) -> (String, Change) {
    const KIND: &str = "aws_security_group";
    let ingress = DraftBody::arguments([
        ("description", Draft::string("HTTPS from the VPC")),
        ("from_port", Draft::Number("443".into())),
        ("to_port", Draft::Number("443".into())),
        ("protocol", Draft::string("tcp")),
        ("cidr_blocks", Draft::List(vec![Draft::Attribute(network.id, "cidr_block".into())])),
    ]);
    let content = DraftBody::arguments([("description", Draft::string("VPC endpoints")), ("vpc_id", id_of(network))])
        .with_block("ingress", ingress);
    let name = format!("{}_endpoints", network.name);
    let change = Change::Add { near: network.id, kind: KIND.into(), name: name.clone(), mirror: true, content };
    (format!("{KIND}.{name}"), change)
}
