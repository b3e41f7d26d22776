//! What a role may do, as far as the configuration shows it.

use super::policy::{Policy, Statement, pattern_matches};
use crate::model::companion::Tie;
use crate::model::{Language, Mode, Project, Resource, ResourceId, Value};

/// How policies come to a role.
#[derive(Debug, Default)]
pub struct Grants {
    /// ARNs (known parts) of attached managed policies.
    pub managed: Vec<Value>,
    /// Inline policies and policies that are declared and attached.
    pub granted: Vec<Granted>,
    /// The resource or argument that fixes the set of attachments, where an extra attachment would be undone.
    pub exclusive: Option<Exclusive>,
    /// Whether there is something that can't be read: an attached policy of unknown name, a document put together.
    pub unread: bool,
}

/// A document that a role has.
#[derive(Debug)]
pub struct Granted {
    /// What gives it to the role: an inline policy, an attachment, the role itself.
    pub by: ResourceId,
    /// What holds the document.
    pub holder: ResourceId,
    /// The holder's argument, dotted.
    pub argument: &'static str,
    /// The document.
    pub policy: Policy,
}

/// What owns the whole set of attached managed policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exclusive {
    /// The argument of the role itself that lists managed policies.
    Argument,
    /// An `aws_iam_role_policy_attachments_exclusive`.
    Resource(ResourceId),
}

/// What holds a policy in `CloudFormation`.
const DOCUMENT: &str = "PolicyDocument";
/// How policies and attachments name their role.
const BY_ROLE: &str = "role";

/// The grants of a role.
pub fn grants(project: &Project, role: &Resource) -> Grants {
    match project.language {
        Language::Terraform => terraform(project, role),
        Language::CloudFormation => cloudformation(project, role),
    }
}

/// A role's own policies and managed ones, and policies that name it.
fn cloudformation(project: &Project, role: &Resource) -> Grants {
    let mut grants = Grants::default();
    let document = |value: &Value, span| Policy::read(project, &value.step("PolicyDocument"), span);
    for item in role.body.get("Policies").as_list().unwrap_or_default() {
        grants.add(role.id, role.id, "Policies.PolicyDocument", document(&item.value, item.span));
    }
    for (kind, by) in
        [("AWS::IAM::Policy", "Roles"), ("AWS::IAM::ManagedPolicy", "Roles"), ("AWS::IAM::RolePolicy", "RoleName")]
    {
        for id in project.companions(role, Tie { kind, by, name: "RoleName" }).found {
            grants.add(id, id, DOCUMENT, Policy::of(project, &project.resource(id).body, DOCUMENT));
        }
    }
    for item in role.body.get("ManagedPolicyArns").as_list().unwrap_or_default() {
        if let Value::Reference(reference) = &item.value {
            let policy = project.resource(reference.resource);
            grants.add(role.id, policy.id, DOCUMENT, Policy::of(project, &policy.body, DOCUMENT));
            continue;
        }
        let arn = project.settle(&item.value);
        grants.unread |= !arn.known_pieces().iter().any(|piece| piece.contains("policy/"));
        grants.managed.push(arn);
    }
    grants.exclusive = Some(Exclusive::Argument);
    grants
}

fn terraform(project: &Project, role: &Resource) -> Grants {
    let mut grants = Grants::default();
    let by_role = |kind| project.companions(role, Tie { kind, by: BY_ROLE, name: "name" }).found;
    for id in by_role("aws_iam_role_policy") {
        grants.add(id, id, "policy", Policy::of(project, &project.resource(id).body, "policy"));
    }
    for block in role.body.blocks("inline_policy") {
        grants.add(role.id, role.id, "inline_policy.policy", Policy::of(project, block, "policy"));
    }
    let mut arns: Vec<(ResourceId, Value)> = by_role("aws_iam_role_policy_attachment")
        .into_iter()
        .map(|id| (id, project.resource(id).body.get("policy_arn")))
        .collect();
    if let Value::List(items) = role.body.get("managed_policy_arns") {
        arns.extend(items.into_iter().map(|item| (role.id, item.value)));
        grants.exclusive = Some(Exclusive::Argument);
    }
    let exclusive = Tie { kind: "aws_iam_role_policy_attachments_exclusive", by: "role_name", name: "name" };
    if let Some(id) = project.companions(role, exclusive).found.first() {
        grants.exclusive = Some(Exclusive::Resource(*id));
    }
    for (by, arn) in arns {
        if let Value::Reference(reference) = &arn {
            let policy = project.resource(reference.resource);
            if policy.mode == Mode::Managed {
                grants.add(by, policy.id, "policy", Policy::of(project, &policy.body, "policy"));
                continue;
            }
        }
        let arn = project.settle(&arn);
        grants.unread |= !arn.known_pieces().iter().any(|piece| piece.contains("policy/"));
        grants.managed.push(arn);
    }
    grants
}

impl Grants {
    fn add(&mut self, by: ResourceId, holder: ResourceId, argument: &'static str, policy: Option<Policy>) {
        self.unread |= policy.as_ref().is_none_or(|policy| !policy.complete);
        self.granted.extend(policy.map(|policy| Granted { by, holder, argument, policy }));
    }

    /// The statements of all documents that could be read.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.granted.iter().flat_map(|granted| &granted.policy.statements)
    }

    /// The names of attached managed policies of AWS, without the path.
    pub fn managed_names(&self) -> impl Iterator<Item = &str> {
        let arns = self.managed.iter().filter_map(|arn| arn.known_pieces().last().copied());
        arns.filter_map(|arn| arn.rsplit('/').next())
    }

    /// The actions of statements that allow something, as they are written; nothing for one that isn't known.
    pub fn allowed_actions(&self) -> impl Iterator<Item = Option<&str>> {
        let allowing = self.statements().filter(|statement| statement.allow != Some(false));
        allowing.flat_map(|statement| {
            let actions = statement.actions.iter().map(Value::as_str);
            actions.map(move |action| action.filter(|_| !statement.not_actions))
        })
    }

    /// Whether an action is certainly allowed on everything, by a statement or by a managed policy whose name matches.
    pub fn allows(&self, action: &str, managed: &[&str]) -> bool {
        let by_name = self.managed.iter().any(|arn| {
            let pieces = arn.known_pieces();
            managed.iter().any(|name| pieces.iter().any(|piece| pattern_matches(&format!("*/{name}"), piece)))
        });
        by_name
            || self.granted.iter().flat_map(|granted| granted.policy.certain()).any(|statement| {
                statement.allow == Some(true)
                    && statement.conditions.is_empty()
                    && statement.covers_action(action)
                    && statement.on_everything()
            })
    }
}

/// What gives a role its policies, apart from its own block.
#[derive(Debug, Default)]
pub struct Homes {
    /// Inline policies and attachments that are for this role alone.
    pub own: Vec<ResourceId>,
    /// Attachments that list several roles.
    pub lists: Vec<ResourceId>,
    /// What fixes the whole set of policies or attachments.
    pub exclusive: Vec<ResourceId>,
    /// Those of the first kind that no call of the module here switches on: calls elsewhere may.
    pub off: Vec<ResourceId>,
    /// Why there may be others, if there may.
    pub maybe: Option<String>,
}

/// The resources that give a role its policies.
pub fn homes(project: &Project, role: &Resource) -> Homes {
    let mut homes = Homes::default();
    if project.language == Language::CloudFormation {
        homes.own = grants(project, role).granted.iter().map(|granted| granted.by).collect();
        return homes;
    }
    let mut of = |kind, by| {
        let companions = project.companions(role, Tie { kind, by, name: "name" });
        homes.maybe = homes.maybe.take().or(companions.maybe);
        companions.found
    };
    let own = [of("aws_iam_role_policy", BY_ROLE), of("aws_iam_role_policy_attachment", BY_ROLE)];
    let lists = of("aws_iam_policy_attachment", "roles");
    let exclusive = [
        of("aws_iam_role_policies_exclusive", "role_name"),
        of("aws_iam_role_policy_attachments_exclusive", "role_name"),
    ];
    homes.own = own.concat();
    let is_off = |other: &&Resource| {
        project.is_switched_off(other) && !project.is_switched_off(role) && other.instance == role.instance
    };
    let off = ["aws_iam_role_policy", "aws_iam_role_policy_attachment"].into_iter();
    let off = off.flat_map(|kind| project.of_kind(kind)).filter(is_off);
    homes.off = off.filter(|other| other.body.get(BY_ROLE).refers_to(role.id)).map(|other| other.id).collect();
    homes.lists = lists;
    homes.exclusive = exclusive.concat();
    homes
}

/// The role that an argument names, when it is declared in the resource's own module.
pub fn named<'a>(project: &'a Project, resource: &Resource, argument: &str) -> Option<&'a Resource> {
    let Value::Reference(reference) = resource.body.get(argument) else { return None };
    let role = project.resource(reference.resource);
    let declared = &*role.kind == "aws_iam_role" && role.mode == Mode::Managed && role.instance == resource.instance;
    declared.then_some(role)
}

/// Who else has to do with a role than the functions that run as it.
#[derive(Debug, Default)]
pub struct Others {
    /// Addresses of what runs as it too: state machines, schedules, profiles.
    pub served: Vec<String>,
    /// What names it otherwise: a policy that grants to it, an output. A copy of the role would not be meant there.
    pub names: Option<String>,
}

/// Arguments that hand a role to a service.
fn is_role_argument(name: &str) -> bool {
    name == BY_ROLE || name.ends_with("role_arn") || name == "Role" || name.ends_with("RoleArn")
}

/// Who else uses a role than `functions` and its own policies.
pub fn others(project: &Project, role: &Resource, homes: &Homes) -> Others {
    let mut others = Others { names: project.handed_out(role.id), ..Others::default() };
    let is_home = |id| [&homes.own, &homes.lists, &homes.exclusive].into_iter().any(|list| list.contains(&id));
    for user in project.users_of(role).filter(|user| !is_home(user.id) && !user.repeat.is_never()) {
        user.body.each_place(&mut |name, reference| {
            if reference.resource != role.id || matches!(name, "depends_on" | "DependsOn") {
            } else if !is_role_argument(name) {
                others.names.get_or_insert_with(|| user.address());
            } else if !project.is(user, "aws_lambda_function") {
                others.served.push(user.address());
            }
        });
    }
    others.names = others.names.or_else(|| project.unread_mention(role));
    if let Some(name) = project.settle(&role.body.get("name")).as_str() {
        let arn = format!(":role/{name}");
        let named = project.resources.iter().find(|resource| resource.body.says(&arn));
        others.names = others.names.or_else(|| named.map(Resource::address));
    }
    others
}
