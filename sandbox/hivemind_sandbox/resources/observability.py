"""Log groups, alarms, dashboards and the topics that alarms speak to."""

import json
from typing import Any

from hivemind_sandbox.resources.base import (
    Place,
    Properties,
    Resource,
    changed,
    tag_changes,
    tag_list,
    tags_of,
)
from hivemind_sandbox.resources.clients import client


class LogGroup(Resource):
    type_name = "AWS::Logs::LogGroup"
    named_by = "LogGroupName"
    implemented = "LogGroupClass LogGroupName RetentionInDays Tags"
    replaced_by = "LogGroupClass"

    def create(self, place: Place, props: Properties) -> str:
        name = place.name(props.get("LogGroupName"), limit=512)
        tags = tags_of(props)
        client("logs").create_log_group(logGroupName=name, **({"tags": tags} if tags else {}))
        return name

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        logs = client("logs")
        if changed(old, new, "RetentionInDays"):
            days = new.get("RetentionInDays")
            if days:
                logs.put_retention_policy(logGroupName=physical_id, retentionInDays=days)
            else:
                logs.delete_retention_policy(logGroupName=physical_id)
        setting, removing = tag_changes(old, new)
        arn = self.attributes(physical_id, new)["Arn"].removesuffix(":*")
        if setting:
            logs.tag_resource(resourceArn=arn, tags=setting)
        if removing:
            logs.untag_resource(resourceArn=arn, tagKeys=removing)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        found = client("logs").describe_log_groups(logGroupNamePrefix=physical_id)["logGroups"]
        group = next(entry for entry in found if entry["logGroupName"] == physical_id)
        return {"Arn": group["arn"]}

    def delete(self, physical_id: str, props: Properties) -> None:
        client("logs").delete_log_group(logGroupName=physical_id)


class Alarm(Resource):
    type_name = "AWS::CloudWatch::Alarm"
    named_by = "AlarmName"
    implemented = (
        "ActionsEnabled AlarmActions AlarmDescription AlarmName ComparisonOperator "
        "DatapointsToAlarm Dimensions EvaluateLowSampleCountPercentile EvaluationPeriods "
        "ExtendedStatistic InsufficientDataActions MetricName Metrics Namespace OKActions Period "
        "Statistic Tags Threshold TreatMissingData Unit"
    )

    def create(self, place: Place, props: Properties) -> str:
        name = place.name(props.get("AlarmName"), limit=255)
        self._put(name, props, Tags=tag_list(tags_of(props)))
        return name

    def settle(self, physical_id: str, props: Properties) -> None:
        """The alarm was made with all it has."""

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        if {k: v for k, v in old.items() if k != "Tags"} != {
            k: v for k, v in new.items() if k != "Tags"
        }:
            self._put(physical_id, new)
        setting, removing = tag_changes(old, new)
        arn = self.attributes(physical_id, new)["Arn"]
        if setting:
            client("cloudwatch").tag_resource(ResourceARN=arn, Tags=tag_list(setting))
        if removing:
            client("cloudwatch").untag_resource(ResourceARN=arn, TagKeys=removing)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        found = client("cloudwatch").describe_alarms(AlarmNames=[physical_id])["MetricAlarms"]
        return {"Arn": found[0]["AlarmArn"]}

    def delete(self, physical_id: str, props: Properties) -> None:
        client("cloudwatch").delete_alarms(AlarmNames=[physical_id])

    def _put(self, name: str, props: Properties, **tags: Any) -> None:
        settings = {k: v for k, v in props.items() if k not in ("AlarmName", "Tags")}
        client("cloudwatch").put_metric_alarm(AlarmName=name, **settings, **tags)


class Dashboard(Resource):
    type_name = "AWS::CloudWatch::Dashboard"
    named_by = "DashboardName"
    implemented = "DashboardBody DashboardName"

    def create(self, place: Place, props: Properties) -> str:
        name = place.name(props.get("DashboardName"), limit=255)
        self._put(name, props)
        return name

    def settle(self, physical_id: str, props: Properties) -> None:
        """The dashboard was made with all it has."""

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        if changed(old, new, "DashboardBody"):
            self._put(physical_id, new)

    def delete(self, physical_id: str, props: Properties) -> None:
        client("cloudwatch").delete_dashboards(DashboardNames=[physical_id])

    def _put(self, name: str, props: Properties) -> None:
        body = props["DashboardBody"]
        text = body if isinstance(body, str) else json.dumps(body)
        client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=text)


class Topic(Resource):
    type_name = "AWS::SNS::Topic"
    named_by = "TopicName"
    implemented = "DisplayName KmsMasterKeyId Subscription Tags TopicName"

    def create(self, place: Place, props: Properties) -> str:
        made = client("sns").create_topic(
            Name=place.name(props.get("TopicName"), limit=256), Tags=tag_list(tags_of(props))
        )
        return str(made["TopicArn"])

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        sns = client("sns")
        for name in ("DisplayName", "KmsMasterKeyId"):
            if changed(old, new, name):
                sns.set_topic_attributes(
                    TopicArn=physical_id, AttributeName=name, AttributeValue=new.get(name, "")
                )
        before, after = old.get("Subscription") or [], new.get("Subscription") or []
        for entry in (entry for entry in after if entry not in before):
            sns.subscribe(TopicArn=physical_id, **entry)
        for entry in (entry for entry in before if entry not in after):
            self._unsubscribe(physical_id, entry)
        setting, removing = tag_changes(old, new)
        if setting:
            sns.tag_resource(ResourceArn=physical_id, Tags=tag_list(setting))
        if removing:
            sns.untag_resource(ResourceArn=physical_id, TagKeys=removing)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return {"TopicArn": physical_id, "TopicName": physical_id.rsplit(":", 1)[-1]}

    def delete(self, physical_id: str, props: Properties) -> None:
        for entry in props.get("Subscription") or []:
            self._unsubscribe(physical_id, entry)
        client("sns").delete_topic(TopicArn=physical_id)

    def _unsubscribe(self, topic: str, entry: Properties) -> None:
        sns = client("sns")
        for found in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
            if (found["Protocol"], found["Endpoint"]) == (entry["Protocol"], entry["Endpoint"]):
                sns.unsubscribe(SubscriptionArn=found["SubscriptionArn"])


TYPES: tuple[type[Resource], ...] = (LogGroup, Alarm, Dashboard, Topic)
