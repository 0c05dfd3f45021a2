"""S3 buckets and their policies."""

from typing import Any

from hivemind_sandbox.resources.base import Place, Properties, Resource, changed, tag_list, tags_of
from hivemind_sandbox.resources.clients import client
from hivemind_sandbox.resources.iam import document


class Bucket(Resource):
    type_name = "AWS::S3::Bucket"
    named_by = "BucketName"
    implemented = (
        "BucketEncryption BucketName CorsConfiguration LifecycleConfiguration OwnershipControls "
        "PublicAccessBlockConfiguration Tags VersioningConfiguration"
    )
    takes_system_tags = False

    def create(self, place: Place, props: Properties) -> str:
        name = place.name(props.get("BucketName"), limit=63, lower=True)
        s3 = client("s3")
        region = s3.meta.region_name
        where = {} if region == "us-east-1" else {"LocationConstraint": region}
        s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
        return name

    def settle(self, physical_id: str, props: Properties) -> None:
        self.configure(physical_id, {}, props)

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        s3 = client("s3")
        if changed(old, new, "VersioningConfiguration"):
            state = new.get("VersioningConfiguration", {"Status": "Suspended"})
            s3.put_bucket_versioning(Bucket=physical_id, VersioningConfiguration=state)
        if changed(old, new, "BucketEncryption"):
            self._change_encryption(physical_id, new.get("BucketEncryption"))
        if changed(old, new, "PublicAccessBlockConfiguration"):
            block = new.get("PublicAccessBlockConfiguration") or dict.fromkeys(
                (
                    "BlockPublicAcls",
                    "BlockPublicPolicy",
                    "IgnorePublicAcls",
                    "RestrictPublicBuckets",
                ),
                True,
            )
            s3.put_public_access_block(Bucket=physical_id, PublicAccessBlockConfiguration=block)
        if changed(old, new, "OwnershipControls"):
            if new.get("OwnershipControls"):
                s3.put_bucket_ownership_controls(
                    Bucket=physical_id, OwnershipControls=new["OwnershipControls"]
                )
            else:
                s3.delete_bucket_ownership_controls(Bucket=physical_id)
        if changed(old, new, "LifecycleConfiguration"):
            self._change_lifecycle(physical_id, new.get("LifecycleConfiguration"))
        if changed(old, new, "CorsConfiguration"):
            self._change_cors(physical_id, new.get("CorsConfiguration"))
        if tags_of(old) != tags_of(new):
            if tags_of(new):
                s3.put_bucket_tagging(
                    Bucket=physical_id, Tagging={"TagSet": tag_list(tags_of(new))}
                )
            else:
                s3.delete_bucket_tagging(Bucket=physical_id)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        region = client("s3").meta.region_name
        return {
            "Arn": f"arn:aws:s3:::{physical_id}",
            "DomainName": f"{physical_id}.s3.amazonaws.com",
            "DualStackDomainName": f"{physical_id}.s3.dualstack.{region}.amazonaws.com",
            "RegionalDomainName": f"{physical_id}.s3.{region}.amazonaws.com",
            "WebsiteURL": f"http://{physical_id}.s3-website-{region}.amazonaws.com",
        }

    def delete(self, physical_id: str, props: Properties) -> None:
        client("s3").delete_bucket(Bucket=physical_id)

    def _change_encryption(self, bucket: str, encryption: Properties | None) -> None:
        if not encryption:
            client("s3").delete_bucket_encryption(Bucket=bucket)
            return
        rules = []
        for rule in encryption["ServerSideEncryptionConfiguration"]:
            entry = {k: v for k, v in rule.items() if k != "ServerSideEncryptionByDefault"}
            if "ServerSideEncryptionByDefault" in rule:
                entry["ApplyServerSideEncryptionByDefault"] = rule["ServerSideEncryptionByDefault"]
            rules.append(entry)
        client("s3").put_bucket_encryption(
            Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules}
        )

    def _change_lifecycle(self, bucket: str, lifecycle: Properties | None) -> None:
        if not lifecycle:
            client("s3").delete_bucket_lifecycle(Bucket=bucket)
            return
        client("s3").put_bucket_lifecycle_configuration(
            Bucket=bucket,
            LifecycleConfiguration={"Rules": [_lifecycle_rule(r) for r in lifecycle["Rules"]]},
        )

    def _change_cors(self, bucket: str, cors: Properties | None) -> None:
        if not cors:
            client("s3").delete_bucket_cors(Bucket=bucket)
            return
        rules = [
            {
                "AllowedMethods": rule["AllowedMethods"],
                "AllowedOrigins": rule["AllowedOrigins"],
                **({"AllowedHeaders": rule["AllowedHeaders"]} if "AllowedHeaders" in rule else {}),
                **({"ExposeHeaders": rule["ExposedHeaders"]} if "ExposedHeaders" in rule else {}),
                **({"MaxAgeSeconds": rule["MaxAge"]} if "MaxAge" in rule else {}),
            }
            for rule in cors["CorsRules"]
        ]
        client("s3").put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})


def _lifecycle_rule(rule: Properties) -> dict[str, Any]:
    """One lifecycle rule of a template in the API's names."""
    result: dict[str, Any] = {"Status": rule["Status"]}
    if "Id" in rule:
        result["ID"] = rule["Id"]
    result["Filter"] = {"Prefix": rule.get("Prefix", "")}
    expiration = {}
    if "ExpirationInDays" in rule:
        expiration["Days"] = rule["ExpirationInDays"]
    if "ExpiredObjectDeleteMarker" in rule:
        expiration["ExpiredObjectDeleteMarker"] = rule["ExpiredObjectDeleteMarker"]
    if expiration:
        result["Expiration"] = expiration
    if "NoncurrentVersionExpiration" in rule:
        result["NoncurrentVersionExpiration"] = rule["NoncurrentVersionExpiration"]
    elif "NoncurrentVersionExpirationInDays" in rule:
        result["NoncurrentVersionExpiration"] = {
            "NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]
        }
    if "AbortIncompleteMultipartUpload" in rule:
        result["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    return result


class BucketPolicy(Resource):
    type_name = "AWS::S3::BucketPolicy"
    implemented = "Bucket PolicyDocument"

    def create(self, place: Place, props: Properties) -> str:
        client("s3").put_bucket_policy(
            Bucket=props["Bucket"], Policy=document(props["PolicyDocument"])
        )
        return str(props["Bucket"])

    def settle(self, physical_id: str, props: Properties) -> None:
        """The policy is on its bucket already."""

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        if changed(old, new, "PolicyDocument"):
            client("s3").put_bucket_policy(
                Bucket=physical_id, Policy=document(new["PolicyDocument"])
            )

    def delete(self, physical_id: str, props: Properties) -> None:
        client("s3").delete_bucket_policy(Bucket=physical_id)


TYPES: tuple[type[Resource], ...] = (Bucket, BucketPolicy)
