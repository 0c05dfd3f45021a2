"""What the account holds: record, lease, artifacts and secrets, for every door.

Synchronous, boto3 and the domain only: the Ansible modules and the runtime's adapters both use it.
"""
