"""The sandbox: a local AWS whose instances, load balancers and databases are real."""
