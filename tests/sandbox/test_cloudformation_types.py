"""Every resource type that the sandbox implements: made, changed in place, and gone again."""

import json
import time
import uuid
from typing import Any

import pytest

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtQUDZWhs8k/cZcykMkaUX7ujlBNKD+oqH2c+RgmQqK test"
IMAGE = "ami-0deb1a00000000018"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
ALLOW_LOGS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}],
}


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def att(name: str) -> dict[str, str]:
    return {"Fn::GetAtt": name}


def network(second: bool) -> dict[str, tuple[str, dict[str, Any]]]:
    tags = [{"Key": "round", "Value": "2" if second else "1"}]
    return {
        "Vpc": (
            "AWS::EC2::VPC",
            {"CidrBlock": "10.8.0.0/16", "EnableDnsHostnames": second, "Tags": tags},
        ),
        "A": (
            "AWS::EC2::Subnet",
            {
                "VpcId": ref("Vpc"),
                "CidrBlock": "10.8.0.0/24",
                "AvailabilityZone": "eu-west-1a",
                "MapPublicIpOnLaunch": "true" if second else "false",
            },
        ),
        "B": (
            "AWS::EC2::Subnet",
            {"VpcId": ref("Vpc"), "CidrBlock": "10.8.1.0/24", "AvailabilityZone": "eu-west-1b"},
        ),
        "Gateway": ("AWS::EC2::InternetGateway", {"Tags": tags}),
        "Attachment": (
            "AWS::EC2::VPCGatewayAttachment",
            {"VpcId": ref("Vpc"), "InternetGatewayId": ref("Gateway")},
        ),
        "Table": ("AWS::EC2::RouteTable", {"VpcId": ref("Vpc"), "Tags": tags}),
        "Route": (
            "AWS::EC2::Route",
            {
                "RouteTableId": ref("Table"),
                "DestinationCidrBlock": "0.0.0.0/0",
                "GatewayId": ref("Gateway"),
            },
        ),
        "RoutesOfA": (
            "AWS::EC2::SubnetRouteTableAssociation",
            {"SubnetId": ref("A"), "RouteTableId": ref("Table")},
        ),
        "Group": (
            "AWS::EC2::SecurityGroup",
            {
                "GroupDescription": "test",
                "VpcId": ref("Vpc"),
                "SecurityGroupIngress": [
                    {
                        "IpProtocol": "tcp",
                        "FromPort": "443" if second else "80",
                        "ToPort": "443" if second else "80",
                        "CidrIp": "0.0.0.0/0",
                    }
                ],
                "SecurityGroupEgress": [
                    {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "CidrIp": "10.0.0.0/8"}
                ],
            },
        ),
        "Ingress": (
            "AWS::EC2::SecurityGroupIngress",
            {
                "GroupId": ref("Group"),
                "IpProtocol": "tcp",
                "FromPort": 8001 if second else 8000,
                "ToPort": 8001 if second else 8000,
                "SourceSecurityGroupId": att("Group.GroupId"),
            },
        ),
        "Egress": (
            "AWS::EC2::SecurityGroupEgress",
            {
                "GroupId": ref("Group"),
                "IpProtocol": "tcp",
                "FromPort": 5432,
                "ToPort": 5432,
                "CidrIp": "10.8.0.0/16",
            },
        ),
    }


def hosts(name: str, second: bool) -> dict[str, tuple[str, dict[str, Any]]]:
    return {
        "Pair": ("AWS::EC2::KeyPair", {"KeyName": name, "PublicKeyMaterial": KEY}),
        "Role": (
            "AWS::IAM::Role",
            {
                "AssumeRolePolicyDocument": TRUST,
                "Description": "second" if second else "first",
                "Policies": [{"PolicyName": "inline", "PolicyDocument": ALLOW_LOGS}],
            },
        ),
        "Policy": (
            "AWS::IAM::Policy",
            {
                "PolicyName": "extra",
                "PolicyDocument": ALLOW_LOGS,
                "Roles": [ref("Role")],
            },
        ),
        "Profile": ("AWS::IAM::InstanceProfile", {"Roles": [ref("Role")]}),
        "Template": (
            "AWS::EC2::LaunchTemplate",
            {
                "LaunchTemplateData": {
                    "InstanceType": "t3.small" if second else "t3.micro",
                    "ImageId": IMAGE,
                }
            },
        ),
        "Host": (
            "AWS::EC2::Instance",
            {
                "ImageId": IMAGE,
                "InstanceType": "t3.small" if second else "t3.micro",
                "SubnetId": ref("A"),
                "KeyName": ref("Pair"),
                "SecurityGroupIds": [ref("Group")],
                "IamInstanceProfile": ref("Profile"),
                "MetadataOptions": {"HttpTokens": "required"},
                "UserData": {"Fn::Base64": "#!/bin/sh\ntrue\n"},
            },
        ),
        "Address": ("AWS::EC2::EIP", {"Domain": "vpc", "InstanceId": ref("Host")}),
    }


def traffic(second: bool) -> dict[str, tuple[str, dict[str, Any]]]:
    forward = [{"Type": "forward", "TargetGroupArn": ref("Targets")}]
    return {
        "Balancer": (
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            {
                "Subnets": [ref("A"), ref("B")],
                "SecurityGroups": [ref("Group")],
                "LoadBalancerAttributes": [
                    {"Key": "idle_timeout.timeout_seconds", "Value": "61" if second else "60"}
                ],
            },
        ),
        "Targets": (
            "AWS::ElasticLoadBalancingV2::TargetGroup",
            {
                "VpcId": ref("Vpc"),
                "Port": "8000",
                "Protocol": "HTTP",
                "HealthCheckPath": "/up" if second else "/health",
                "UnhealthyThresholdCount": "3",
                "Matcher": {"HttpCode": "200-399"},
                "TargetGroupAttributes": [
                    {"Key": "deregistration_delay.timeout_seconds", "Value": "30"}
                ],
                "Targets": [{"Id": ref("Host")}] if second else [],
            },
        ),
        "Listener": (
            "AWS::ElasticLoadBalancingV2::Listener",
            {
                "LoadBalancerArn": ref("Balancer"),
                "Port": "8080" if second else "80",
                "Protocol": "HTTP",
                "DefaultActions": forward,
            },
        ),
        "Rule": (
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            {
                "ListenerArn": ref("Listener"),
                "Priority": "20" if second else "10",
                "Conditions": [{"Field": "path-pattern", "Values": ["/a/*"]}],
                "Actions": forward,
            },
        ),
        "Certificate": (
            "AWS::CertificateManager::Certificate",
            {
                "DomainName": "app.example.net",
                "ValidationMethod": "DNS",
            },
        ),
        "Zone": (
            "AWS::Route53::HostedZone",
            {
                "Name": "example.net.",
                "HostedZoneConfig": {"Comment": "second" if second else "first"},
                "HostedZoneTags": [{"Key": "own", "Value": "1"}],
            },
        ),
        "Record": (
            "AWS::Route53::RecordSet",
            {
                "HostedZoneId": ref("Zone"),
                "Name": "app.example.net.",
                "Type": "A",
                "AliasTarget": {
                    "DNSName": att("Balancer.DNSName"),
                    "HostedZoneId": att("Balancer.CanonicalHostedZoneID"),
                },
            },
        ),
        "Text": (
            "AWS::Route53::RecordSet",
            {
                "HostedZoneName": "example.net.",
                "Name": "text.example.net.",
                "Type": "TXT",
                "TTL": "600" if second else "300",
                "ResourceRecords": ['"hello"'],
            },
        ),
    }


def data(second: bool) -> dict[str, tuple[str, dict[str, Any]]]:
    return {
        "Secret": (
            "AWS::SecretsManager::Secret",
            {
                "Description": "second" if second else "first",
                "GenerateSecretString": {
                    "SecretStringTemplate": '{"username": "app"}',
                    "GenerateStringKey": "password",
                    "ExcludePunctuation": "true",
                },
            },
        ),
        "Subnets": (
            "AWS::RDS::DBSubnetGroup",
            {
                "DBSubnetGroupDescription": "second" if second else "first",
                "SubnetIds": [ref("A"), ref("B")],
            },
        ),
        "Settings": (
            "AWS::RDS::DBParameterGroup",
            {
                "Family": "postgres15",
                "Description": "test",
                "Parameters": {"log_statement": "all" if second else "none"},
            },
        ),
        "Database": (
            "AWS::RDS::DBInstance",
            {
                "DBInstanceClass": "db.t4g.small" if second else "db.t4g.micro",
                "Engine": "postgres",
                "AllocatedStorage": "20",
                "MasterUsername": "app",
                "MasterUserPassword": {
                    "Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:password}}"
                },
                "DBSubnetGroupName": ref("Subnets"),
                "DBParameterGroupName": ref("Settings"),
                "VPCSecurityGroups": [ref("Group")],
                "MultiAZ": "true" if second else "false",
            },
        ),
        "Link": (
            "AWS::SecretsManager::SecretTargetAttachment",
            {
                "SecretId": ref("Secret"),
                "TargetId": ref("Database"),
                "TargetType": "AWS::RDS::DBInstance",
            },
        ),
        "CacheSubnets": (
            "AWS::ElastiCache::SubnetGroup",
            {"Description": "test", "SubnetIds": [ref("A"), ref("B")]},
        ),
        "Cache": (
            "AWS::ElastiCache::CacheCluster",
            {
                "Engine": "redis",
                "CacheNodeType": "cache.t4g.micro",
                "NumCacheNodes": 1,
                "CacheSubnetGroupName": ref("CacheSubnets"),
                "VpcSecurityGroupIds": [ref("Group")],
            },
        ),
        "Replicas": (
            "AWS::ElastiCache::ReplicationGroup",
            {
                "ReplicationGroupDescription": "second" if second else "first",
                "Engine": "redis",
                "CacheNodeType": "cache.t4g.micro",
                "NumCacheClusters": 2,
                "CacheSubnetGroupName": ref("CacheSubnets"),
                "SecurityGroupIds": [ref("Group")],
                "TransitEncryptionEnabled": "true",
            },
        ),
    }


def observed(name: str, second: bool) -> dict[str, tuple[str, dict[str, Any]]]:
    return {
        "Logs": (
            "AWS::Logs::LogGroup",
            {"LogGroupName": f"/{name}", "RetentionInDays": 14 if second else 7},
        ),
        "Topic": ("AWS::SNS::Topic", {"DisplayName": "second" if second else "first"}),
        "Alarm": (
            "AWS::CloudWatch::Alarm",
            {
                "Namespace": "AWS/EC2",
                "MetricName": "CPUUtilization",
                "Dimensions": [{"Name": "InstanceId", "Value": ref("Host")}],
                "Statistic": "Average",
                "Period": "300",
                "EvaluationPeriods": "3",
                "Threshold": "90" if second else "80",
                "ComparisonOperator": "GreaterThanThreshold",
                "AlarmActions": [ref("Topic")],
            },
        ),
        "Dashboard": (
            "AWS::CloudWatch::Dashboard",
            {
                "DashboardName": name,
                "DashboardBody": json.dumps({"widgets": [] if second else [{"type": "text"}]}),
            },
        ),
        "Parameter": (
            "AWS::SSM::Parameter",
            {"Type": "String", "Value": "2" if second else "1", "Tags": {"own": "1"}},
        ),
        "Bucket": (
            "AWS::S3::Bucket",
            {
                "VersioningConfiguration": {"Status": "Suspended" if second else "Enabled"},
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": "true",
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
                    ]
                },
                "LifecycleConfiguration": {
                    "Rules": [
                        {
                            "Id": "old",
                            "Status": "Enabled",
                            "NoncurrentVersionExpiration": {"NoncurrentDays": "90"},
                            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": "7"},
                        }
                    ]
                },
                "Tags": [{"Key": "own", "Value": "2" if second else "1"}],
            },
        ),
        "BucketPolicy": (
            "AWS::S3::BucketPolicy",
            {
                "Bucket": ref("Bucket"),
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "Second" if second else "First",
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "s3:*",
                            "Resource": att("Bucket.Arn"),
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    ],
                },
            },
        ),
        "Handle": ("AWS::CloudFormation::WaitConditionHandle", {}),
    }


REPLACED_IN_ROUND_TWO = {"Ingress"}


def template(name: str, *, second: bool) -> str:
    members = {
        **network(second),
        **hosts(name, second),
        **traffic(second),
        **data(second),
        **observed(name, second),
    }
    resources: dict[str, Any] = {
        logical_id: {"Type": kind, **({"Properties": props} if props else {})}
        for logical_id, (kind, props) in members.items()
    }
    resources["Database"]["DeletionPolicy"] = "Delete"
    resources["Route"]["DependsOn"] = "Attachment"
    resources["Text"]["DependsOn"] = "Zone"
    return json.dumps({"Resources": resources})


@pytest.fixture
def name() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.mark.timeout(180)
def test_every_type_is_made_changed_in_place_and_gone_again(api: Any, name: str) -> None:
    """One stack of all types: created, updated without replacement, deleted without a remainder."""
    from hivemind_sandbox.resources import resource_types

    cfn = api.client("cloudformation")

    def wait() -> str:
        deadline = time.monotonic() + 60
        while (found := cfn.describe_stacks(StackName=made)["Stacks"][0])["StackStatus"].endswith(
            "_IN_PROGRESS"
        ):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return str(found["StackStatus"])

    def physical_ids() -> dict[str, str]:
        resources = cfn.describe_stack_resources(StackName=made)["StackResources"]
        return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources}

    def why() -> list[str]:
        events = cfn.describe_stack_events(StackName=made)["StackEvents"]
        return [
            f"{e['LogicalResourceId']}: {e['ResourceStatusReason']}"
            for e in events
            if e["ResourceStatus"].endswith("FAILED")
        ]

    first = template(name, second=False)
    assert resource_types().keys() == {r["Type"] for r in json.loads(first)["Resources"].values()}
    arguments: dict[str, Any] = {
        "StackName": name,
        "Capabilities": ["CAPABILITY_IAM"],
        "Tags": [{"Key": "test", "Value": name}],
    }
    made = cfn.create_stack(TemplateBody=first, **arguments)["StackId"]
    assert ("CREATE_COMPLETE", []) == (wait(), why())
    before = physical_ids()

    cfn.update_stack(TemplateBody=template(name, second=True), **arguments)
    assert ("UPDATE_COMPLETE", []) == (wait(), why())
    after = physical_ids()
    assert REPLACED_IN_ROUND_TWO == {key for key in before if before[key] != after[key]}

    cfn.delete_stack(StackName=name)
    assert ("DELETE_COMPLETE", []) == (wait(), why())
    tagging = api.client("resourcegroupstaggingapi").get_paginator("get_resources")
    left = {
        entry["ResourceARN"].split(":", 5)[-1].split("/")[0]
        for page in tagging.paginate(TagFilters=[{"Key": "test", "Values": [name]}])
        for entry in page["ResourceTagMappingList"]
    }
    assert left <= {"instance"}  # terminated instances are known for a while, as on AWS
