"""STS, by boto3."""

from errors import refused
from server import ACCOUNT


def test_who_am_i(aws):
    answer = aws.client("sts").get_caller_identity()
    assert answer["Account"] == ACCOUNT
    assert answer["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert answer["UserId"] == ACCOUNT


def test_nobody_that_is_known(aws):
    with refused("InvalidClientTokenId", 403):
        aws.client("sts", access_key="AKIANOBODYKNOWSTHIS0").get_caller_identity()
    with refused("SignatureDoesNotMatch", 403):
        aws.client("sts", secret_key="not the secret that was agreed").get_caller_identity()


def test_what_is_not_served(aws):
    with refused("InvalidAction", 400):
        aws.client("sts").get_session_token()
