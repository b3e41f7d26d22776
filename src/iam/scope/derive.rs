//! The whole derivation for one function, and how far it can be trusted.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::bind::Binder;
use super::grant::{self, Granted};
use super::narrow::{Plan, narrow};
use super::need::{Certainty, Need, On, Target, Why};
use super::source::{Hints, Located, locate};
use super::{configuration, extension, kinds, library, log_group, presence, published, wide};
use crate::iam::policy::Policy;
use crate::iam::role;
use crate::iam::usage::Usage;
use crate::model::{Language, Project, Resource, ResourceId, Value};

const FUNCTION: &str = "aws_lambda_function";

/// How far a derivation can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Tier {
    /// Every rule holds: it may be proposed without a question.
    A,
    /// Somebody has to look at it: the doubts say at what.
    B,
    /// It isn't known what the function needs: only shown.
    C,
}

/// What was found out about one function.
#[derive(Debug)]
pub struct Derivation {
    /// The function.
    pub function: ResourceId,
    /// Its role, when it is declared here.
    pub role: Option<ResourceId>,
    /// Its source, or why there is none.
    pub located: Result<Located, String>,
    /// What its source calls.
    pub usage: Option<Arc<Usage>>,
    /// What it needs.
    pub needs: Vec<Need>,
    /// What its role has.
    pub granted: Granted,
    /// What becomes of that.
    pub plan: Plan,
    /// Why it isn't known what it needs.
    pub obstacles: Vec<String>,
    /// What somebody has to look at.
    pub doubts: Vec<String>,
}

impl Derivation {
    /// How far it can be trusted.
    pub fn tier(&self) -> Tier {
        match (self.obstacles.is_empty(), self.doubts.is_empty()) {
            (false, _) => Tier::C,
            (true, false) => Tier::B,
            (true, true) => Tier::A,
        }
    }

    /// The needs that no grant covers, where all grants could be read.
    pub fn missing(&self) -> impl Iterator<Item = &Need> {
        let sure = self.role.is_some() && self.granted.unread.is_empty();
        self.plan.missing.iter().filter(move |_| sure).filter_map(|i| self.needs.get(*i))
    }
}

/// For whom a derivation is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// For controls: what becomes of each grant is worked out where nothing stands against a proposal.
    Judging,
    /// For people: in any case.
    Showing,
}

/// Derives what a function needs. `hints` are the user's words on where sources are; `read` reads a source.
pub(super) fn derive(
    project: &Project,
    function: &Resource,
    hints: &Hints,
    read: &dyn Fn(&Located) -> Arc<Usage>,
    whom: For,
) -> Derivation {
    let made = published::is_call(function) && project.settle(&function.body.get("create_role")) != Value::Bool(false);
    let seen = published::view(project, function);
    let function = &*seen;
    // The module's call stands for the role that it makes.
    let role = if made { Some(project.resource(function.id)) } else { role_of(project, function) };
    let mut derivation = Derivation {
        function: function.id,
        role: role.map(|role| role.id),
        located: locate(project, function, hints),
        usage: None,
        needs: Vec::new(),
        granted: Granted::default(),
        plan: Plan::default(),
        obstacles: Vec::new(),
        doubts: Vec::new(),
    };
    derivation.read_source(project, function, read);
    derivation.granted = match role {
        Some(call) if made => published::granted(project, call),
        Some(role) => {
            let mut granted = grant::of(project, role);
            presence::note(project, &mut granted, role, project.resource(function.id));
            granted
        }
        None => Granted::default(),
    };
    // Without a source there is nothing to propose, and nothing to say of what isn't wide.
    if whom == For::Judging && derivation.located.is_err() && wide::breadth(&derivation.granted).is_none() {
        return derivation;
    }
    derivation.read_configuration(project, function);
    match role {
        Some(call) if made => derivation.read_call(project, call),
        _ => derivation.read_role(project, role),
    }
    if let Some(role) = role.filter(|_| whom == For::Showing || derivation.obstacles.is_empty()) {
        derivation.compare(project, role);
    }
    for list in [&mut derivation.obstacles, &mut derivation.doubts] {
        let mut seen = BTreeSet::new();
        list.retain(|reason| seen.insert(reason.clone()));
    }
    derivation
}

impl Derivation {
    fn read_source(&mut self, project: &Project, function: &Resource, read: &dyn Fn(&Located) -> Arc<Usage>) {
        let located = match &self.located {
            Ok(located) => located,
            Err(reason) => return self.obstacles.push(reason.clone()),
        };
        let mut all = vec![read(located)];
        all.extend(located.others.iter().map(read));
        let usage =
            if all.len() == 1 { all.remove(0) } else { Arc::new(all.iter().map(|usage| (**usage).clone()).collect()) };
        self.doubts.extend(located.doubt.clone());
        let refused = usage.refusals.iter();
        self.obstacles.extend(refused.map(|r| format!("{}:{}: {}", r.place.file, r.place.line, r.what)));
        let layers = located.layers.unknown.iter().map(|layer| format!("it has the layer {layer}"));
        self.doubts.extend(layers);
        let libraries: Vec<&str> = usage.imports.aws_free.iter().map(|import| import.name.as_str()).collect();
        if !libraries.is_empty() {
            self.doubts.push(format!("it imports {}, which are taken to make no calls", libraries.join(", ")));
        }
        let binder = Binder::new(project, function);
        for call in &usage.calls {
            match binder.needs(call) {
                Ok(needs) => self.needs.extend(needs),
                Err(reason) => self.obstacles.push(format!("{}:{}: {reason}", call.place.file, call.place.line)),
            }
        }
        let asked = extension::asked(located, &usage);
        self.needs.extend(asked);
        self.listing(project, &usage);
        self.keys(project);
        self.usage = Some(usage);
    }

    /// Code that tells a missing object from a forbidden one lists the bucket, without a call.
    fn listing(&mut self, project: &Project, usage: &Usage) {
        let Some(place) = usage.not_found_matters.first() else { return };
        let reads = self.needs.iter().filter(|need| need.action == "s3:GetObject");
        let reads: Vec<Need> = reads.cloned().collect();
        if reads.is_empty() {
            return;
        }
        self.doubts.push(format!(
            "{}:{} tells a missing object from a forbidden one: that needs s3:ListBucket",
            place.file, place.line
        ));
        for read in reads {
            let bucket = |target: &Target| match &target.origin {
                super::need::Origin::Declared { resource, .. } => {
                    let resource = project.resource(*resource);
                    kinds::of(resource).map(|kind| Target::declared(project, resource, kind, ""))
                }
                _ => None,
            };
            let on = match &read.on {
                On::Targets(targets) => match targets.iter().map(bucket).collect::<Option<Vec<_>>>() {
                    Some(buckets) => On::Targets(buckets),
                    None => On::Open("the bucket of a missing object".into()),
                },
                _ => On::Open("the bucket of a missing object".into()),
            };
            self.needs.push(Need { action: "s3:ListBucket".into(), on, certainty: Certainty::Kept, why: read.why });
        }
    }

    /// The keys of what is called.
    fn keys(&mut self, project: &Project) {
        let mut more = Vec::new();
        for need in &self.needs {
            let On::Targets(targets) = &need.on else { continue };
            let level = crate::iam::actions::table().action(&need.action).and_then(|action| action.level);
            let writes = level != Some(crate::iam::actions::Level::Read);
            for target in targets {
                if let super::need::Origin::Declared { resource, .. } = &target.origin {
                    more.extend(configuration::keys_of(project, project.resource(*resource), writes, &need.action));
                }
            }
        }
        self.needs.extend(more);
    }

    fn read_configuration(&mut self, project: &Project, function: &Resource) {
        let configured = configuration::needs(project, function);
        self.needs.extend(configured.needs);
        self.obstacles.extend(configured.unknown);
        let variables = function.body.at("environment.variables");
        if let Value::Map(map) = &variables
            && map.entry("AWS_LAMBDA_EXEC_WRAPPER").is_some()
        {
            self.doubts.push("a wrapper starts it (AWS_LAMBDA_EXEC_WRAPPER)".into());
        }
        if log_group::at_edge(project, function) {
            self.obstacles.push("it runs at CloudFront's edge, with logs in every region".into());
        }
        for need in &self.needs {
            if need.certainty == Certainty::Harmless {
                continue;
            }
            match &need.on {
                On::Open(reason) if matches!(need.why, Why::Call { .. }) => {
                    self.doubts.push(format!("what {} is on isn't known: {reason}", need.action));
                }
                On::Targets(targets) => self.doubts.extend(targets.iter().filter_map(|target| target.doubt.clone())),
                _ => {}
            }
            if matches!(need.action.as_str(), "iam:PassRole" | "sts:AssumeRole") {
                self.doubts.push(format!("it needs {}", need.action));
            }
        }
    }

    fn read_role(&mut self, project: &Project, role: Option<&Resource>) {
        let Some(role) = role else {
            self.obstacles.push("its role isn't declared in this configuration".into());
            return;
        };
        if role.instance != project.resource(self.function).instance {
            self.doubts.push(format!("{} stands in another module", project.plan_address(role.id)));
        }
        let homes = role::homes(project, role);
        let others = role::others(project, role, &homes);
        if !others.served.is_empty() {
            self.obstacles.push(format!("{} runs as {}, too", others.served.join(", "), role.address()));
        }
        let functions = project.all(FUNCTION).filter(|other| {
            other.span != project.resource(self.function).span
                && project.value(other, FUNCTION, "role").refers_to(role.id)
        });
        let functions: Vec<String> = functions.map(Resource::address).collect();
        if !functions.is_empty() {
            self.obstacles.push(format!("it shares {} with {}", role.address(), functions.join(", ")));
        }
        if let Some(name) = others.names {
            self.doubts.push(format!("{name} names {}: others may use it", role.address()));
        }
        self.doubts.extend(others_assume(project, role));
        self.obstacles.extend(self.granted.unread.clone());
        self.fixed_statements();
    }

    /// The role that a published module makes for the function alone.
    fn read_call(&mut self, project: &Project, call: &Resource) {
        if project.settle(&call.body.get("trusted_entities")) != Value::Null {
            self.doubts.push(format!("others may assume the role of {}, too (`trusted_entities`)", call.address()));
        }
        self.obstacles.extend(self.granted.unread.clone());
        self.fixed_statements();
    }

    fn fixed_statements(&mut self) {
        for held in self.granted.documents.iter().flat_map(|document| &document.statements) {
            if let Some(reason) = held.fixed.as_ref().filter(|_| held.allows) {
                self.doubts.push(format!("{reason}, and stays as it is"));
            }
        }
    }

    fn compare(&mut self, project: &Project, role: &Resource) {
        let holders: Vec<_> =
            self.granted.documents.iter().map(|document| project.resource(document.holder).instance).collect();
        let writable = |document: Option<usize>, target: &Target| {
            let instance = document.and_then(|i| holders.get(i).copied()).unwrap_or(role.instance);
            target.draft(project, instance).is_ok()
        };
        self.plan = narrow(&self.granted, &self.needs, &writable);
        library::settle(project, &self.granted, &mut self.plan);
        for i in &self.plan.unsure {
            let need = &self.needs[*i];
            self.doubts.push(format!("whether {} is granted on what it is on isn't certain", need.action));
        }
        let called = self.missing().filter(|need| need.is_called());
        let missing: BTreeSet<String> = called.map(|need| need.action.clone()).collect();
        if !missing.is_empty() {
            let missing = missing.into_iter().collect::<Vec<_>>().join(", ");
            self.doubts.push(format!("its role doesn't allow {missing}, which it calls"));
        }
        if self.removes("kms:") {
            self.doubts.push("permissions on keys go: a key may serve what the configuration doesn't show".into());
        }
        if self.removes("iam:PassRole") || self.removes("sts:AssumeRole") {
            self.doubts.push("iam:PassRole or sts:AssumeRole goes".into());
        }
    }

    /// Whether some grant of such actions goes or becomes narrower.
    fn removes(&self, action: &str) -> bool {
        use super::narrow::Fate;
        let documents = self.granted.documents.iter().zip(&self.plan.documents);
        let mut statements = documents.flat_map(|(document, fates)| document.statements.iter().zip(fates));
        statements.any(|(held, fate)| {
            let kept = |wanted: &String| match fate {
                Fate::Stays => true,
                Fate::Goes => false,
                Fate::Becomes(groups) => {
                    groups.iter().flat_map(|group| &group.actions).any(|left| left.eq_ignore_ascii_case(wanted))
                }
            };
            let named = held
                .actions
                .iter()
                .filter(|pattern| pattern.to_ascii_lowercase().starts_with(&action.to_ascii_lowercase()));
            *fate != Fate::Stays && named.into_iter().any(|pattern| !kept(pattern))
        })
    }
}

/// The declared role of a function, in whichever module it stands.
fn role_of<'p>(project: &'p Project, function: &Resource) -> Option<&'p Resource> {
    let Value::Reference(reference) = function.body.get("role") else { return None };
    let role = project.resource(reference.resource);
    project.is(role, "aws_iam_role").then_some(role)
}

/// Who else may assume a role than Lambda.
fn others_assume(project: &Project, role: &Resource) -> Option<String> {
    let document = match project.language {
        Language::Terraform => "assume_role_policy",
        Language::CloudFormation => "AssumeRolePolicyDocument",
    };
    let Some(policy) = Policy::of(project, &role.body, document).filter(|policy| policy.complete) else {
        return Some(format!("who may assume {} isn't known", role.address()));
    };
    let allowing = policy.statements.iter().filter(|statement| statement.allow != Some(false));
    let is_lambda = |value: &Value| {
        value.as_str().is_some_and(|name| matches!(name, "lambda.amazonaws.com" | "edgelambda.amazonaws.com"))
    };
    let mut others = allowing.flat_map(|statement| &statement.principals).filter(|(_, value)| !is_lambda(value));
    let (_, other) = others.next()?;
    let shown = other.as_str().unwrap_or("somebody who isn't known");
    Some(format!("{shown} may assume {}, too", role.address()))
}
