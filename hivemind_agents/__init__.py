"""HiveMind: deploys any application repository into your own AWS account and looks after it."""
