"""How boto3 shows an error of a service."""

from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError


class Raised:
    code: str
    status: int
    message: str
    response: dict


@contextmanager
def refused(code: str, status: int):
    """The block must be refused with this code and HTTP status; what was raised is in the value."""
    raised = Raised()
    with pytest.raises(ClientError) as caught:
        yield raised
    raised.response = caught.value.response
    raised.code = raised.response["Error"]["Code"]
    raised.message = raised.response["Error"].get("Message", "")
    raised.status = raised.response["ResponseMetadata"]["HTTPStatusCode"]
    assert (raised.code, raised.status) == (code, status), raised.response
