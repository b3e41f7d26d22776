"""CDK applications before and after terramend's fixes, judged by CDK itself and by tools of others."""
