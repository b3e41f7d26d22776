//! Conditions, with three answers.

use super::build::Builder;
use crate::json::Node as Syntax;
use crate::model::InstanceId;
use crate::model::value::{all, any};

impl Builder<'_> {
    /// The truth of a named condition.
    pub(super) fn condition(&self, instance: InstanceId, name: &str) -> Option<bool> {
        let condition = self.template(instance).entry("Conditions", name)?;
        self.guarded(None, || self.truth(instance, &condition.value))
    }

    fn truth(&self, instance: InstanceId, node: &Syntax) -> Option<bool> {
        let [only] = node.properties() else { return None };
        let arguments = only.value.each();
        let each = || arguments.iter().map(|argument| self.truth(instance, argument));
        match (&*only.name, arguments) {
            ("Condition", [name]) => self.condition(instance, name.as_str()?),
            ("Fn::And", _) => all(each()),
            ("Fn::Or", _) => any(each()),
            ("Fn::Not", [inner]) => self.truth(instance, inner).map(|b| !b),
            ("Fn::Equals", [a, b]) => {
                let (a, b) = (self.value(instance, a).value, self.value(instance, b).value);
                a.equals(&b)
            }
            _ => None,
        }
    }
}
