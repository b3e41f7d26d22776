//! Holds what is needed against what is granted: what stays, what becomes narrower, what goes. The result allows nothing
//! that wasn't allowed before.

use std::collections::{BTreeMap, BTreeSet};

use super::arn::{Pattern, Relation};
use super::grant::{Granted, Held};
use super::need::{Certainty, Need, On, Target};
use crate::iam::actions;

/// What becomes of a role's grants.
#[derive(Debug, Default)]
pub struct Plan {
    /// What becomes of each statement of each document, in order.
    pub documents: Vec<Vec<Fate>>,
    /// What becomes of each attached policy, in order.
    pub attached: Vec<Fate>,
    /// Needs (by position) that nothing grants.
    pub missing: Vec<usize>,
    /// Needs (by position) that a statement may grant or not: it isn't known what it is on.
    pub unsure: Vec<usize>,
}

/// What becomes of a statement or an attached policy.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// It stays as it is.
    Stays,
    /// Nothing of it is needed.
    Goes,
    /// These are left of it.
    Becomes(Vec<Group>),
}

/// Actions on the same resources.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// In the order of the statement, then by name.
    pub actions: Vec<String>,
    /// What they are on.
    pub resources: Vec<Element>,
    /// Whether these are the statement's own resources, all of them.
    pub as_written: bool,
}

/// A resource of a group.
#[derive(Debug, Clone, PartialEq)]
pub enum Element {
    /// The statement's own, by position.
    Own(usize),
    /// A narrower one instead.
    Target(Target),
    /// `*`: the actions take no resource, or what they are on isn't known.
    Everything,
}

/// One action on one thing.
struct Unit<'n> {
    need: usize,
    action: &'n str,
    on: UnitOn<'n>,
    certainty: Certainty,
}

#[derive(Clone, Copy)]
enum UnitOn<'n> {
    Everything,
    Target(&'n Target),
    Open,
}

/// Where a grant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Statement(usize, usize),
    Attached(usize),
}

/// Whether a target can be written in a document (by position), or in a policy beside the role (nothing).
pub type Writable<'w> = &'w dyn Fn(Option<usize>, &Target) -> bool;

/// Compares. What can't be written where it would stand stays as wide as it is.
pub fn narrow(granted: &Granted, needs: &[Need], writable: Writable<'_>) -> Plan {
    let units: Vec<Unit<'_>> = needs.iter().enumerate().flat_map(|(i, need)| units(i, need)).collect();
    let mut plan = Plan::default();
    let mut assigned: Vec<(Place, &Unit<'_>)> = Vec::new();
    let mut contested = BTreeSet::new();
    for unit in &units {
        let places = assign(granted, unit);
        match &places {
            Assigned::Nowhere if unit.certainty == Certainty::Needed => {
                plan.missing.push(unit.need);
                assigned.extend(elsewhere(granted, unit).map(|place| (place, unit)));
                contested.extend(meant(granted, unit));
            }
            Assigned::Unsure(_) if unit.certainty == Certainty::Needed => plan.unsure.push(unit.need),
            _ => {}
        }
        if let Assigned::To(places) | Assigned::Unsure(places) = places {
            assigned.extend(places.into_iter().map(|place| (place, unit)));
        }
    }
    plan.missing.dedup();
    plan.unsure.dedup();
    let of = |place| assigned.iter().filter(move |(at, _)| *at == place).map(|(_, unit)| *unit).collect::<Vec<_>>();
    for (d, document) in granted.documents.iter().enumerate() {
        let fates = document.statements.iter().enumerate();
        let can = |target: &Target| writable(Some(d), target);
        let fates = fates.map(|(s, held)| {
            let stays = contested.contains(&(d, s));
            if stays { Fate::Stays } else { fate(held, &of(Place::Statement(d, s)), &can) }
        });
        plan.documents.push(fates.collect());
    }
    for (a, attached) in granted.attached.iter().enumerate() {
        let limits = of(Place::Attached(a)).iter().any(|unit| attached.limits_action(unit.action));
        plan.attached.push(match (attached.standing || limits, attached.actions.is_some()) {
            (false, true) => attached_fate(&of(Place::Attached(a)), &|target| writable(None, target)),
            _ => Fate::Stays,
        });
    }
    plan
}

impl Plan {
    /// Whether everything stays as it is.
    pub fn changes_nothing(&self) -> bool {
        self.documents.iter().flatten().chain(&self.attached).all(|fate| *fate == Fate::Stays)
    }
}

/// The statements that grant what is called on other resources. They stay: a name in the code, or the value of a variable,
/// may be another one where the function runs.
fn elsewhere<'g>(granted: &'g Granted, unit: &'g Unit<'_>) -> impl Iterator<Item = Place> + 'g {
    granted.documents.iter().enumerate().flat_map(|(d, document)| {
        let grants = |held: &Held| held.allows && held.covers_action(unit.action);
        let found = document.statements.iter().enumerate().filter(move |(_, held)| grants(held));
        found.map(move |(s, _)| Place::Statement(d, s))
    })
}

/// The statements on the very resource on which something is called that nothing grants, by document and position. They
/// stay: they may be meant for it, and whoever wrote them knows the resource.
fn meant(granted: &Granted, unit: &Unit<'_>) -> Vec<(usize, usize)> {
    let UnitOn::Target(target) = unit.on else { return Vec::new() };
    let is_on = |pattern: &Pattern| !pattern.is_everything() && pattern.relation(&target.pattern) != Relation::Disjoint;
    let statements = granted
        .documents
        .iter()
        .enumerate()
        .flat_map(|(d, document)| document.statements.iter().enumerate().map(move |(s, held)| ((d, s), held)));
    statements.filter(|(_, held)| held.allows && held.patterns.iter().any(is_on)).map(|(place, _)| place).collect()
}

fn units(i: usize, need: &Need) -> Vec<Unit<'_>> {
    let unit = |on| Unit { need: i, action: &need.action, on, certainty: need.certainty };
    match &need.on {
        On::Everything => vec![unit(UnitOn::Everything)],
        On::Open(_) => vec![unit(UnitOn::Open)],
        On::Targets(targets) => targets.iter().map(|target| unit(UnitOn::Target(target))).collect(),
    }
}

enum Assigned {
    To(Vec<Place>),
    /// It may be that none of these grants it.
    Unsure(Vec<Place>),
    Nowhere,
}

/// The grants that serve a unit. What may be missing where the function is serves it beside what is there, and never
/// instead of it.
fn assign(granted: &Granted, unit: &Unit<'_>) -> Assigned {
    match (assign_among(granted, unit, true), assign_among(granted, unit, false)) {
        (sure, Assigned::Nowhere) => sure,
        (Assigned::Nowhere, Assigned::To(places) | Assigned::Unsure(places)) => Assigned::Unsure(places),
        (Assigned::To(places), Assigned::To(more) | Assigned::Unsure(more)) => {
            Assigned::To(places.into_iter().chain(more).collect())
        }
        (Assigned::Unsure(places), Assigned::To(more) | Assigned::Unsure(more)) => {
            Assigned::Unsure(places.into_iter().chain(more).collect())
        }
    }
}

/// Of these, those that fit, else the least wide one.
fn assign_among(granted: &Granted, unit: &Unit<'_>, sure: bool) -> Assigned {
    let mut found: Vec<(Relation, bool, Place)> = Vec::new();
    for (d, document) in granted.documents.iter().enumerate().filter(|(_, document)| document.sure == sure) {
        for (s, held) in document.statements.iter().enumerate().filter(|(_, held)| held.allows) {
            let by_name = held.actions.iter().any(|action| action.eq_ignore_ascii_case(unit.action));
            if !held.covers_action(unit.action) || unit.certainty == Certainty::Harmless && !by_name {
                continue;
            }
            let relation = if held.fixed.is_some() { Relation::Maybe } else { relation(held, unit) };
            let everything = held.patterns.iter().any(Pattern::is_everything);
            found.push((relation, everything, Place::Statement(d, s)));
        }
    }
    let mut standing = false;
    for (a, attached) in granted.attached.iter().enumerate().filter(|(_, attached)| attached.sure == sure) {
        if unit.certainty == Certainty::Harmless {
            continue;
        }
        if attached.covers_action(unit.action) {
            standing |= attached.standing;
            found.push((Relation::Broader, true, Place::Attached(a)));
        } else if attached.limits_action(unit.action) {
            found.push((Relation::Maybe, true, Place::Attached(a)));
        }
    }
    let of = |wanted: &[Relation]| -> Vec<Place> {
        found.iter().filter(|(relation, ..)| wanted.contains(relation)).map(|(.., place)| *place).collect()
    };
    let fitting = of(&[Relation::Equal, Relation::Narrower]);
    let equal = !of(&[Relation::Equal]).is_empty();
    if standing || equal {
        return Assigned::To(fitting);
    }
    // A document before an attached policy, a resource before `*`.
    let is_attached = |place: &Place| matches!(place, Place::Attached(_));
    let broader = found.iter().filter(|(relation, ..)| *relation == Relation::Broader);
    let broader = broader.min_by_key(|(_, everything, place)| (is_attached(place), *everything));
    if let Some((.., place)) = broader {
        return Assigned::To(fitting.into_iter().chain([*place]).collect());
    }
    let maybe = of(&[Relation::Maybe]);
    let open = matches!(unit.on, UnitOn::Open);
    match (fitting.is_empty(), maybe.is_empty()) {
        (true, true) => Assigned::Nowhere,
        (true, false) if !open => Assigned::Unsure(maybe),
        _ => Assigned::To(fitting.into_iter().chain(maybe).collect()),
    }
}

/// How a statement's resources relate to what a unit is on.
fn relation(held: &Held, unit: &Unit<'_>) -> Relation {
    match unit.on {
        UnitOn::Everything if held.patterns.iter().any(Pattern::is_everything) => Relation::Equal,
        // Whether an action that takes no resource is granted at all depends on how the service checks it.
        UnitOn::Everything | UnitOn::Open => Relation::Maybe,
        UnitOn::Target(target) => {
            let relations = held.patterns.iter().map(|pattern| pattern.relation(&target.pattern));
            relations.min().unwrap_or(Relation::Disjoint)
        }
    }
}

fn fate(held: &Held, units: &[&Unit<'_>], writable: &dyn Fn(&Target) -> bool) -> Fate {
    if held.fixed.is_some() || !held.allows {
        return Fate::Stays;
    }
    if units.is_empty() {
        return Fate::Goes;
    }
    let all: Vec<Element> = (0..held.resources.len()).map(Element::Own).collect();
    let elements = |unit: &Unit<'_>| own_elements(held, unit, writable);
    let order = |action: &str| {
        let own = held.actions.iter().position(|known| known.eq_ignore_ascii_case(action));
        (own.unwrap_or(usize::MAX), action.to_owned())
    };
    let mut groups = grouped(units, &elements, &order);
    for group in &mut groups {
        group.as_written = group.resources == all;
    }
    let same_actions = |group: &Group| {
        let lower = |actions: &[String]| actions.iter().map(|a| a.to_ascii_lowercase()).collect::<BTreeSet<_>>();
        lower(&group.actions) == lower(&held.actions)
    };
    match groups.as_slice() {
        [only] if only.as_written && same_actions(only) => Fate::Stays,
        _ => Fate::Becomes(groups),
    }
}

fn attached_fate(units: &[&Unit<'_>], writable: &dyn Fn(&Target) -> bool) -> Fate {
    if units.is_empty() {
        return Fate::Goes;
    }
    let elements = |unit: &Unit<'_>| match unit.on {
        UnitOn::Target(target) if writable(target) => vec![Element::Target(target.clone())],
        _ => vec![Element::Everything],
    };
    Fate::Becomes(grouped(units, &elements, &|action| (0, action.to_owned())))
}

/// The resources of a statement that a unit needs: those that fit or may fit; what is wider gives way to the target. All,
/// where the unit is on something else.
fn own_elements(held: &Held, unit: &Unit<'_>, writable: &dyn Fn(&Target) -> bool) -> Vec<Element> {
    let all = || (0..held.resources.len()).map(Element::Own).collect();
    let target = match unit.on {
        UnitOn::Open => return all(),
        UnitOn::Everything => {
            let every = held.patterns.iter().position(Pattern::is_everything);
            return every.map_or_else(all, |i| vec![Element::Own(i)]);
        }
        UnitOn::Target(target) => target,
    };
    let relations: Vec<Relation> = held.patterns.iter().map(|pattern| pattern.relation(&target.pattern)).collect();
    let at = |wanted: &[Relation]| -> Vec<Element> {
        let fits = |(_, relation): &(usize, &Relation)| wanted.contains(relation);
        relations.iter().enumerate().filter(fits).map(|(i, _)| Element::Own(i)).collect()
    };
    let equal = at(&[Relation::Equal]);
    if !equal.is_empty() {
        return equal;
    }
    if relations.contains(&Relation::Broader) {
        return if writable(target) { vec![Element::Target(target.clone())] } else { at(&[Relation::Broader]) };
    }
    let fitting = at(&[Relation::Narrower, Relation::Maybe]);
    if fitting.is_empty() { all() } else { fitting }
}

/// Actions by what they are on: those on the same stand together.
fn grouped(
    units: &[&Unit<'_>],
    elements: &dyn Fn(&Unit<'_>) -> Vec<Element>,
    order: &dyn Fn(&str) -> (usize, String),
) -> Vec<Group> {
    let mut by_action: Vec<(String, Vec<Element>)> = Vec::new();
    for unit in units {
        let name = actions::table().spelled(unit.action).unwrap_or_else(|| unit.action.to_owned());
        let more = elements(unit);
        match by_action.iter_mut().find(|(action, _)| *action == name) {
            Some((_, known)) => known.extend(more),
            None => by_action.push((name, more)),
        }
    }
    by_action.sort_by_key(|(action, _)| order(action));
    let mut groups: Vec<Group> = Vec::new();
    for (action, mut resources) in by_action {
        resources = united(resources);
        match groups.iter_mut().find(|group| group.resources == resources) {
            Some(group) => group.actions.push(action),
            None => groups.push(Group { actions: vec![action], resources, as_written: false }),
        }
    }
    groups
}

/// Each element once: own ones in their order, then targets by what they are; `*` swallows the rest.
fn united(elements: Vec<Element>) -> Vec<Element> {
    if elements.contains(&Element::Everything) {
        return vec![Element::Everything];
    }
    let mut own: Vec<usize> = Vec::new();
    let mut targets: Vec<Target> = Vec::new();
    for element in elements {
        match element {
            Element::Own(i) if !own.contains(&i) => own.push(i),
            Element::Target(target) if !targets.iter().any(|known| known.pattern == target.pattern) => {
                targets.push(target);
            }
            _ => {}
        }
    }
    own.sort_unstable();
    targets.sort_by(|a, b| a.shown.cmp(&b.shown));
    own.into_iter().map(Element::Own).chain(targets.into_iter().map(Element::Target)).collect()
}

/// Actions by what they are on, both sorted: the least number of statements.
pub(super) fn united_by_resource(
    grants: impl Iterator<Item = (String, Vec<String>)>,
) -> Vec<(Vec<String>, Vec<String>)> {
    let mut by_action: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (action, resources) in grants {
        by_action.entry(action).or_default().extend(resources);
    }
    let mut by_resource: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (action, mut resources) in by_action {
        if resources.contains("*") {
            resources = BTreeSet::from(["*".to_owned()]);
        }
        by_resource.entry(resources.into_iter().collect()).or_default().push(action);
    }
    let mut statements: Vec<_> = by_resource.into_iter().map(|(resources, actions)| (actions, resources)).collect();
    statements.sort();
    statements
}
