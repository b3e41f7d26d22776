//! What a fix changes, in terms of resources and arguments.

use crate::iam::policy::StatementAt;
use crate::model::{CallContent, Draft, DraftBody, InstanceId, ResourceId};

/// One backend-neutral intent of a fix.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Set arguments (and nested blocks) of a resource; what else stands there stays.
    Set {
        /// The resource.
        resource: ResourceId,
        /// What is set.
        content: DraftBody,
    },
    /// Add a block beside those of the same name.
    AppendBlock {
        /// The resource.
        resource: ResourceId,
        /// The block's name.
        name: String,
        /// Its content.
        content: DraftBody,
    },
    /// Take arguments or blocks away.
    Remove {
        /// The resource.
        resource: ResourceId,
        /// Names of arguments and blocks; all blocks of a name go.
        names: Vec<String>,
    },
    /// Add a resource below another one.
    Add {
        /// The resource that it stands below.
        near: ResourceId,
        /// Its type.
        kind: String,
        /// Its local name; the lowering refuses one that is taken.
        name: String,
        /// Whether it is there as often as `near`: `count` and `for_each` are copied.
        mirror: bool,
        /// Its arguments.
        content: DraftBody,
    },
    /// Add a resource that is like another one, below it.
    Copy {
        /// What is copied, as it is written.
        resource: ResourceId,
        /// The copy's local name.
        name: String,
        /// Resources and what the copy refers to in their place: addresses that the same fix adds.
        rewired: Vec<(ResourceId, String)>,
        /// Arguments that differ; each is there in what is copied.
        content: DraftBody,
    },
    /// Let an argument refer to something that the same fix adds, wherever it refers to `from`.
    Rewire {
        /// The resource.
        resource: ResourceId,
        /// The argument.
        argument: String,
        /// What it refers to.
        from: ResourceId,
        /// The address that it is to refer to.
        to: String,
    },
    /// Add a resource that the module has once, whoever asks for it. What several fixes of a round ask for becomes one
    /// resource: the lists in it are united.
    AddShared {
        /// The resource that it stands below.
        near: ResourceId,
        /// Its type.
        kind: String,
        /// Its local name, which is free.
        name: String,
        /// Whether it is there as often as `near`.
        mirror: bool,
        /// Its arguments.
        content: DraftBody,
    },
    /// Use a data source without arguments of its own, declared by this fix where the module has none.
    AddData {
        /// The resource that it stands beside.
        near: ResourceId,
        /// Whether it stands below that, not above.
        below: bool,
        /// Its type.
        kind: String,
        /// Its local name.
        name: String,
        /// The provider that reads it, as it is written (`aws.central`); the module's own where nothing is said.
        provider: Option<String>,
    },
    /// Give a module a variable for a list, empty unless it is passed, and pass it in every call of the module.
    Pass {
        /// A resource of the module.
        near: ResourceId,
        /// The variable's name.
        variable: String,
        /// What it holds, for people.
        description: String,
        /// What each use of the module gets, as an expression of the module that calls it.
        values: Vec<(InstanceId, Draft)>,
    },
    /// Add a value to a list argument; to `triggers`, a list of what they are to look at, too.
    Append {
        /// The resource.
        resource: ResourceId,
        /// The argument.
        argument: String,
        /// The value.
        value: Draft,
    },
    /// Add a statement to the policy document in an argument, however it is written.
    AppendStatement {
        /// The resource that holds the policy.
        resource: ResourceId,
        /// The argument.
        argument: String,
        /// The statement, with IAM's JSON names.
        statement: Draft,
    },
    /// Change a statement that stands in the policy document of an argument, however it is written.
    EditStatement {
        /// The resource whose policy it is.
        resource: ResourceId,
        /// The argument.
        argument: String,
        /// Where the statement stands.
        at: StatementAt,
        /// What changes; what else stands in the statement stays.
        edits: Vec<StatementEdit>,
    },
    /// Set properties in the call of a program that makes the resource. Other changes of such a fix say what becomes of
    /// the template.
    SetInCall {
        /// The resource.
        resource: ResourceId,
        /// What is set.
        content: CallContent,
    },
    /// Take statements of a policy document away, and add others beside one that stays.
    RewriteStatements {
        /// The resource whose policy it is.
        resource: ResourceId,
        /// The argument.
        argument: String,
        /// The statements that go.
        removed: Vec<StatementAt>,
        /// Statements (IAM's JSON names), and the one that each is added beside.
        added: Vec<(StatementAt, Draft)>,
    },
    /// Take resources and data sources away, to which nothing else refers but in `depends_on`.
    Delete {
        /// One of them at least.
        resources: Vec<ResourceId>,
    },
    /// Bring a resource that may exist already under management (`import` block; root modules only).
    Import {
        /// The resource near which the block stands.
        near: ResourceId,
        /// The address to import to.
        to: String,
        /// The id that the provider imports by.
        id: String,
    },
}

/// One change to a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementEdit {
    /// Give an element of IAM's JSON (`Principal`, `Action`, `Resource`) another value; one that an expression gives is
    /// refused.
    Set(String, Draft),
    /// The same, also where an expression gives the old value.
    Replace(String, Draft),
    /// Add a condition, or replace the values of the one with this operator and key.
    Condition {
        /// `ArnEquals`
        operator: String,
        /// `aws:SourceArn`
        key: String,
        /// One value, or a list of which one must match.
        value: Draft,
    },
    /// Take the whole statement away.
    Remove,
}

impl StatementEdit {
    fn with_ids(&self, id: &dyn Fn(ResourceId) -> ResourceId) -> Self {
        match self {
            Self::Set(name, value) => Self::Set(name.clone(), value.with_ids(id)),
            Self::Replace(name, value) => Self::Replace(name.clone(), value.with_ids(id)),
            Self::Condition { operator, key, value } => {
                Self::Condition { operator: operator.clone(), key: key.clone(), value: value.with_ids(id) }
            }
            Self::Remove => Self::Remove,
        }
    }
}

impl Change {
    /// The same with every resource replaced by what `id` gives for it: what two uses of a module would both write is
    /// equal in terms of the resource that is declared.
    #[must_use]
    pub fn with_ids(&self, id: &dyn Fn(ResourceId) -> ResourceId) -> Self {
        let mut change = self.clone();
        match &mut change {
            Self::Set { resource, content } | Self::AppendBlock { resource, content, .. } => {
                (*resource, *content) = (id(*resource), content.with_ids(id));
            }
            Self::Add { near, content, .. } | Self::AddShared { near, content, .. } => {
                (*near, *content) = (id(*near), content.with_ids(id));
            }
            Self::Copy { resource, rewired, content, .. } => {
                (*resource, *content) = (id(*resource), content.with_ids(id));
                for (from, _) in rewired {
                    *from = id(*from);
                }
            }
            Self::Rewire { resource, from, .. } => (*resource, *from) = (id(*resource), id(*from)),
            Self::Append { resource, value, .. } => (*resource, *value) = (id(*resource), value.with_ids(id)),
            Self::AppendStatement { resource, statement, .. } => {
                (*resource, *statement) = (id(*resource), statement.with_ids(id));
            }
            Self::EditStatement { resource, edits, .. } => {
                *resource = id(*resource);
                for edit in edits {
                    *edit = edit.with_ids(id);
                }
            }
            Self::RewriteStatements { resource, added, .. } => {
                *resource = id(*resource);
                for (_, statement) in added {
                    *statement = statement.with_ids(id);
                }
            }
            Self::Delete { resources } => resources.iter_mut().for_each(|resource| *resource = id(*resource)),
            Self::Remove { resource, .. } | Self::SetInCall { resource, .. } => *resource = id(*resource),
            Self::AddData { near, .. } | Self::Import { near, .. } | Self::Pass { near, .. } => *near = id(*near),
        }
        change
    }

    /// The resource that is changed, or next to which something is added.
    pub fn anchor(&self) -> ResourceId {
        match self {
            Self::Set { resource, .. }
            | Self::AppendBlock { resource, .. }
            | Self::Remove { resource, .. }
            | Self::SetInCall { resource, .. }
            | Self::Append { resource, .. }
            | Self::Copy { resource, .. }
            | Self::Rewire { resource, .. }
            | Self::AppendStatement { resource, .. }
            | Self::EditStatement { resource, .. }
            | Self::RewriteStatements { resource, .. } => *resource,
            Self::Delete { resources } => resources.first().copied().unwrap_or(ResourceId(0)),
            Self::Add { near, .. }
            | Self::AddShared { near, .. }
            | Self::AddData { near, .. }
            | Self::Pass { near, .. }
            | Self::Import { near, .. } => *near,
        }
    }

    /// One addition instead of two of the same thing; nothing where they contradict each other.
    pub fn united(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::AddShared { near, kind, name, mirror, content }, Self::AddShared { content: more, .. }) => {
                Some(Self::AddShared {
                    near: *near,
                    kind: kind.clone(),
                    name: name.clone(),
                    mirror: *mirror,
                    content: content.united(more)?,
                })
            }
            (Self::Set { resource, content }, Self::Set { resource: other, content: more }) if resource == other => {
                Some(Self::Set { resource: *resource, content: content.united(more)? })
            }
            (Self::AddData { .. }, Self::AddData { .. }) => Some(self.clone()),
            (Self::Pass { values, .. }, Self::Pass { values: others, .. }) if values == others => Some(self.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_equal_in_terms_of_what_is_declared() {
        use crate::model::{DraftBody, DraftItem};
        let change = |resource, key| Change::Set {
            resource: ResourceId(resource),
            content: DraftBody {
                items: vec![(
                    "block".into(),
                    DraftItem::Block(DraftBody::arguments([(
                        "keys",
                        Draft::List(vec![Draft::Json(Box::new(Draft::Attribute(ResourceId(key), "arn".into())))]),
                    )])),
                )],
            },
        };
        // 10 and 20 are two uses of 0, 11 and 21 of 1; 32 is something else.
        let declared = |id: ResourceId| ResourceId(if id.0 < 30 { id.0 % 10 } else { id.0 });
        let both = |one: &Change, two: &Change| one.with_ids(&declared) == two.with_ids(&declared);
        assert!(both(&change(10, 11), &change(20, 21)));
        assert!(!both(&change(10, 11), &change(20, 32)), "another key");
        assert!(!both(&change(10, 11), &change(21, 21)), "another resource");
    }
}
