//! Data stores that stand in a VPC: how clients name them, and where their subnets, groups and ports are written.

use crate::model::companion::Tie;
use crate::model::{Mode, Project, Reference, Resource, ResourceId, Value};

/// A type of data store.
#[derive(Debug)]
pub struct Kind {
    /// The resource type.
    pub name: &'static str,
    /// Attributes that a client needs to connect.
    pub endpoints: &'static [&'static str],
    /// The argument that names the cluster, for members: subnets and groups are the cluster's.
    member_of: Option<&'static str>,
    /// Dotted path of the argument that lists the security groups.
    pub groups: &'static str,
    /// Where the subnets are written.
    pub subnets: Subnets,
    /// The port, when nothing else is written.
    port: Port,
}

/// Where a store's subnets are written.
#[derive(Debug, Clone, Copy)]
pub enum Subnets {
    /// Argument that names a subnet group, the group's type and its argument that lists the subnets.
    Group(&'static str, &'static str),
    /// Dotted path of an argument of its own.
    Own(&'static str),
}

#[derive(Debug, Clone, Copy)]
enum Port {
    Fixed(u16),
    /// By the database engine.
    Engine,
    /// Two engines: memcached and the others.
    Cache,
    /// By the list of brokers that the client names.
    Brokers,
}

const fn kind(
    name: &'static str,
    endpoints: &'static [&'static str],
    groups: &'static str,
    subnets: Subnets,
    port: Port,
) -> Kind {
    Kind { name, endpoints, member_of: None, groups, subnets, port }
}

const fn member(name: &'static str, endpoints: &'static [&'static str], member_of: &'static str) -> Kind {
    Kind { name, endpoints, member_of: Some(member_of), groups: "", subnets: Subnets::Own(""), port: Port::Fixed(0) }
}

const RDS: &str = "vpc_security_group_ids";
const GROUPS: &str = "security_group_ids";
const DB_SUBNETS: Subnets = Subnets::Group("db_subnet_group_name", "aws_db_subnet_group");
const CACHE_SUBNETS: Subnets = Subnets::Group("subnet_group_name", "aws_elasticache_subnet_group");

/// The types. `id`, `arn` and the like are no endpoints: a client that has only those uses an API of AWS.
static KINDS: [Kind; 22] = [
    kind("aws_db_instance", &["address", "endpoint"], RDS, DB_SUBNETS, Port::Engine),
    kind("aws_rds_cluster", &["endpoint", "reader_endpoint"], RDS, DB_SUBNETS, Port::Engine),
    member("aws_rds_cluster_instance", &["endpoint"], "cluster_identifier"),
    member("aws_rds_cluster_endpoint", &["endpoint"], "cluster_identifier"),
    kind("aws_db_proxy", &["endpoint"], RDS, Subnets::Own("vpc_subnet_ids"), Port::Engine),
    kind("aws_db_proxy_endpoint", &["endpoint"], RDS, Subnets::Own("vpc_subnet_ids"), Port::Engine),
    kind(
        "aws_elasticache_cluster",
        &["cache_nodes", "cluster_address", "configuration_endpoint"],
        GROUPS,
        CACHE_SUBNETS,
        Port::Cache,
    ),
    kind(
        "aws_elasticache_replication_group",
        &["primary_endpoint_address", "reader_endpoint_address", "configuration_endpoint_address"],
        GROUPS,
        CACHE_SUBNETS,
        Port::Cache,
    ),
    kind(
        "aws_elasticache_serverless_cache",
        &["endpoint", "reader_endpoint"],
        GROUPS,
        Subnets::Own("subnet_ids"),
        Port::Cache,
    ),
    kind(
        "aws_memorydb_cluster",
        &["cluster_endpoint", "shards"],
        GROUPS,
        Subnets::Group("subnet_group_name", "aws_memorydb_subnet_group"),
        Port::Fixed(6379),
    ),
    kind(
        "aws_opensearch_domain",
        &["endpoint", "domain_endpoint_v2_hosted_zone_id", "dashboard_endpoint"],
        "vpc_options.security_group_ids",
        Subnets::Own("vpc_options.subnet_ids"),
        Port::Fixed(443),
    ),
    kind(
        "aws_elasticsearch_domain",
        &["endpoint", "kibana_endpoint"],
        "vpc_options.security_group_ids",
        Subnets::Own("vpc_options.subnet_ids"),
        Port::Fixed(443),
    ),
    kind(
        "aws_redshift_cluster",
        &["endpoint", "dns_name"],
        RDS,
        Subnets::Group("cluster_subnet_group_name", "aws_redshift_subnet_group"),
        Port::Fixed(5439),
    ),
    kind("aws_redshiftserverless_workgroup", &["endpoint"], GROUPS, Subnets::Own("subnet_ids"), Port::Fixed(5439)),
    kind(
        "aws_docdb_cluster",
        &["endpoint", "reader_endpoint"],
        RDS,
        Subnets::Group("db_subnet_group_name", "aws_docdb_subnet_group"),
        Port::Fixed(27017),
    ),
    member("aws_docdb_cluster_instance", &["endpoint"], "cluster_identifier"),
    kind(
        "aws_neptune_cluster",
        &["endpoint", "reader_endpoint"],
        RDS,
        Subnets::Group("neptune_subnet_group_name", "aws_neptune_subnet_group"),
        Port::Fixed(8182),
    ),
    member("aws_neptune_cluster_instance", &["address", "endpoint"], "cluster_identifier"),
    kind(
        "aws_msk_cluster",
        &["bootstrap_brokers", "bootstrap_brokers_tls", "bootstrap_brokers_sasl_iam", "bootstrap_brokers_sasl_scram"],
        "broker_node_group_info.security_groups",
        Subnets::Own("broker_node_group_info.client_subnets"),
        Port::Brokers,
    ),
    kind(
        "aws_msk_serverless_cluster",
        &["bootstrap_brokers_sasl_iam"],
        "vpc_config.security_group_ids",
        Subnets::Own("vpc_config.subnet_ids"),
        Port::Brokers,
    ),
    kind(
        "aws_dax_cluster",
        &["cluster_address", "configuration_endpoint"],
        GROUPS,
        Subnets::Group("subnet_group_name", "aws_dax_subnet_group"),
        Port::Fixed(8111),
    ),
    // Named by functions through an access point and its file system.
    kind("aws_efs_mount_target", &[], "security_groups", Subnets::Own("subnet_id"), Port::Fixed(2049)),
];

/// A store that something connects to.
#[derive(Debug, Clone, Copy)]
pub struct Store<'a> {
    /// The resource that has subnets and groups: the cluster, for a member of one.
    pub resource: &'a Resource,
    /// Its type.
    pub kind: &'static Kind,
}

impl PartialEq for Store<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.resource.id == other.resource.id
    }
}

/// The store of a resource, members followed to their cluster; nothing for what is none, or is only read.
pub fn of<'a>(project: &'a Project, resource: &'a Resource) -> Option<Store<'a>> {
    let kind = KINDS.iter().find(|kind| *kind.name == *resource.kind).filter(|_| resource.mode == Mode::Managed)?;
    let Some(argument) = kind.member_of else { return Some(Store { resource, kind }) };
    let Value::Reference(reference) = resource.body.get(argument) else { return None };
    of(project, project.resource(reference.resource)).filter(|store| store.kind.member_of.is_none())
}

/// The store to which a client connects that is given this attribute.
pub fn connected<'a>(project: &'a Project, reference: &Reference) -> Option<Store<'a>> {
    let resource = project.resource(reference.resource);
    let kind = KINDS.iter().find(|kind| *kind.name == *resource.kind)?;
    let attribute = reference.path.first()?;
    kind.endpoints.contains(&&**attribute).then(|| of(project, resource)).flatten()
}

/// Engines of relational databases by the start of their name, with their ports.
const ENGINES: [(&str, u16); 8] = [
    ("aurora-postgresql", 5432),
    ("aurora", 3306),
    ("mysql", 3306),
    ("mariadb", 3306),
    ("postgres", 5432),
    ("oracle", 1521),
    ("sqlserver", 1433),
    ("MYSQL", 3306),
];

impl Store<'_> {
    /// The port that clients connect to; `attribute` is what they are given.
    pub fn port(&self, project: &Project, attribute: &str) -> Option<u16> {
        let own = project.settle(&self.resource.body.get("port"));
        if let Some(port) = own.as_number() {
            return Some(port as u16);
        }
        if !own.is_null() {
            return None;
        }
        match self.kind.port {
            Port::Fixed(8111) if self.is("cluster_endpoint_encryption_type", "TLS") => Some(9111),
            Port::Fixed(port) => Some(port),
            Port::Cache if self.is("engine", "memcached") => Some(11211),
            Port::Cache => Some(6379),
            Port::Engine => self.engine_port(project),
            Port::Brokers => match attribute.strip_prefix("bootstrap_brokers")? {
                "" => Some(9092),
                "_tls" => Some(9094),
                "_sasl_scram" => Some(9096),
                "_sasl_iam" => Some(9098),
                _ => None,
            },
        }
    }

    fn is(&self, argument: &str, value: &str) -> bool {
        self.resource.body.get(argument).as_str() == Some(value)
    }

    fn engine_port(&self, project: &Project) -> Option<u16> {
        let proxy = match self.resource.body.get("db_proxy_name") {
            Value::Reference(reference) => project.resource(reference.resource),
            _ => self.resource,
        };
        let named = [proxy.body.get("engine"), proxy.body.get("engine_family")];
        let engine = named.iter().map(|value| project.settle(value)).find_map(|v| v.as_str().map(str::to_owned))?;
        let engine = engine.to_lowercase();
        ENGINES.iter().find(|(name, _)| engine.starts_with(&name.to_lowercase())).map(|(_, port)| *port)
    }

    /// Whether it is reached from the internet; nothing when that isn't known.
    pub fn is_public(&self, project: &Project) -> Option<bool> {
        match self.kind.name {
            "aws_opensearch_domain" | "aws_elasticsearch_domain" => {
                self.resource.body.get("vpc_options").is_present().map(|inside| !inside)
            }
            "aws_msk_cluster" => {
                let kind = self.resource.body.at("broker_node_group_info.connectivity_info.public_access.type");
                if kind.is_null() { Some(false) } else { kind.as_str().map(|kind| kind != "DISABLED") }
            }
            _ => crate::model::value::any(self.parts(project).map(|part| has_public_address(project, part))),
        }
    }

    /// The resources of the store that certainly have a public address.
    pub fn opened(&self, project: &Project) -> Vec<ResourceId> {
        let open = self.parts(project).filter(|part| has_public_address(project, part) == Some(true));
        open.map(|part| part.id).collect()
    }

    /// The store and the members of a cluster, which have addresses of their own.
    fn parts<'p>(&self, project: &'p Project) -> impl Iterator<Item = &'p Resource> + use<'p> {
        let own = std::iter::once(project.resource(self.resource.id));
        own.chain(self.members(project))
    }

    fn members<'p>(&self, project: &'p Project) -> impl Iterator<Item = &'p Resource> + use<'p> {
        let kind = match self.kind.name {
            "aws_rds_cluster" => "aws_rds_cluster_instance",
            "aws_neptune_cluster" => "aws_neptune_cluster_instance",
            _ => "",
        };
        let tie = Tie { kind, by: "cluster_identifier", name: "cluster_identifier" };
        let found = if kind.is_empty() { Vec::new() } else { project.companions(self.resource, tie).found };
        found.into_iter().map(|id| project.resource(id))
    }
}

fn has_public_address(project: &Project, resource: &Resource) -> Option<bool> {
    let value = project.settle(&resource.body.get("publicly_accessible"));
    // NOTE: without the argument a Redshift cluster was public until provider 6.
    let absent = &*resource.kind == "aws_redshift_cluster" && project.provider(resource.instance).major < 6;
    if value.is_null() { Some(absent) } else { value.as_bool() }
}
