"""Foreign exceptions become ours, once."""

from collections.abc import Iterator
from contextlib import contextmanager

import botocore.exceptions as boto

from hivemind_agents.errors import AccessError, StateError

_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Run AWS calls; raise AccessError or StateError saying what was being done, and the mend.

    `doing`: a phrase that continues "cannot", e.g. `read the record of 'demo'`.
    """
    try:
        yield
    except (boto.NoCredentialsError, boto.PartialCredentialsError, boto.ProfileNotFound) as error:
        raise AccessError(
            f"cannot {doing}: {error}", mend="hivemind target use NAME, or set AWS_PROFILE"
        ) from error
    except (boto.TokenRetrievalError, boto.UnauthorizedSSOTokenError) as error:
        raise AccessError(f"cannot {doing}: {error}", mend="aws sso login") from error
    except boto.NoRegionError as error:
        raise AccessError(f"cannot {doing}: no region is set", mend="set AWS_REGION") from error
    except (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.HTTPClientError) as error:
        raise AccessError(
            f"cannot {doing}: {error}",
            mend="hivemind target (is it the right one?), hivemind doctor (is it up?)",
        ) from error
    except boto.ClientError as error:
        code = error_code(error)
        if code in _CREDENTIALS:
            raise AccessError(
                f"cannot {doing}: the credentials are expired or not valid ({code})",
                mend="renew the credentials (aws sso login, aws configure), then try again",
            ) from error
        if code in _DENIED:
            raise AccessError(
                f"cannot {doing}: {error.operation_name} is not permitted "
                f"({error.response.get('Error', {}).get('Message', code)})",
                mend="ask for the permission; the README lists the policy that a deploy needs",
            ) from error
        raise StateError(f"cannot {doing}: {error}") from error
    except boto.BotoCoreError as error:
        raise StateError(f"cannot {doing}: {error}") from error


def error_code(error: boto.ClientError) -> str:
    """The service's code, such as `PreconditionFailed`; the HTTP status where there is none."""
    return str(error.response.get("Error", {}).get("Code", "Unknown"))
